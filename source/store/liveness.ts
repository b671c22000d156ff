import type {Clock} from '../engine/clock.js';
import {holderState, type LockReading, type Processes} from './lock-record.js';

type LivenessContext = {readonly processes: Processes; readonly clock: Clock};

/** A holder that cannot be asked is dead after it has not touched its file for so long, in milliseconds. */
const staleAfter = 3500;

/** The same for a lock file with nothing in it: its maker writes at once, and finds out where it was too slow (lock.ts). */
const emptyFileStaleAfter = 1000;

/** What one look counts for at most, in milliseconds: a computer that slept has seen no heartbeat, nor sent one. */
const longestLook = 250;

/** For how long holders have not touched their files, counted by the waiter's own looks: no two machines' clocks are compared. */
export class LivenessTracker {
	readonly #context: LivenessContext;
	readonly #seen = new Map<string, {sign: string; lookedAt: number; stillFor: number}>();

	constructor(context: LivenessContext) {
		this.#context = context;
	}

	isDead(path: string, {record, modifiedAt}: LockReading): boolean {
		const {clock, processes} = this.#context;
		const state = record === undefined ? 'unknown' : holderState(record, processes);
		if (state !== 'unknown') return state === 'gone';
		const now = clock.monotonic();
		const sign = `${record?.nonce ?? ''} ${modifiedAt}`;
		const seen = this.#seen.get(path);
		const isSame = seen?.sign === sign;
		const stillFor = isSame ? seen.stillFor + Math.min(now - seen.lookedAt, longestLook) : 0;
		this.#seen.set(path, {sign, lookedAt: now, stillFor});
		return stillFor >= (record === undefined ? emptyFileStaleAfter : staleAfter);
	}
}
