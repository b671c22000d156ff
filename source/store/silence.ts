import type {Clock} from '../engine/clock.js';
import {holderState, type LockReading, type Processes} from './lock-record.js';

type SilenceContext = {readonly processes: Processes; readonly clock: Clock};

/** Without a sign of life for so long, in milliseconds, a holder that cannot be asked is taken for dead. */
const silenceOfDeath = 3500;

/** The same for a lock file with nothing in it: its maker writes at once, and finds out where it was too slow (lock.ts). */
const silenceBeforeBirth = 1000;

/** What one look counts for at most, in milliseconds: a computer that slept has heard no heartbeat, nor did any beat. */
const longestSilence = 250;

/** For how long holders have been silent, counted by the waiter's own looks: no two machines' clocks are compared. */
export class Silence {
	readonly #context: SilenceContext;
	readonly #heard = new Map<string, {sign: string; lookedAt: number; silentFor: number}>();

	constructor(context: SilenceContext) {
		this.#context = context;
	}

	isDead(path: string, {record, modifiedAt}: LockReading): boolean {
		const {clock, processes} = this.#context;
		const state = record === undefined ? 'unknown' : holderState(record, processes);
		if (state !== 'unknown') return state === 'gone';
		const now = clock.monotonic();
		const sign = `${record?.nonce ?? ''} ${modifiedAt}`;
		const heard = this.#heard.get(path);
		const isSame = heard?.sign === sign;
		const silentFor = isSame ? heard.silentFor + Math.min(now - heard.lookedAt, longestSilence) : 0;
		this.#heard.set(path, {sign, lookedAt: now, silentFor});
		return silentFor >= (record === undefined ? silenceBeforeBirth : silenceOfDeath);
	}
}
