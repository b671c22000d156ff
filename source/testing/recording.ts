import type {Clock} from '../core/clock.js';
import {EventLog} from '../login/flow-race.js';
import type {LoginCommand, LoginRun} from '../login/flow.js';
import {LoginError, PendingError} from '../core/errors.js';
import type {EventOf, LoginEvent} from '../login/events.js';
import {openFlows} from '../login/state.js';
import {escapeHref, type SafeUrl} from '../core/safe-url.js';
import type {Session} from '../session/types.js';
import {createManualClock} from './manual-clock.js';

/** A recorded login: plain data, fit for a file. It holds no secret, but names the person who signed in. */
export type Recording = {
	readonly version: 1;
	/** In order; `at` is when each happened, in epoch milliseconds. */
	readonly events: readonly {readonly at: number; readonly event: LoginEvent}[];
};

/** A login that is played from a recording. */
export type PlayedRun = LoginRun & {
	/** What was asked of it; a recording heeds nothing but `cancel`. */
	readonly commands: readonly LoginCommand[];
};

/** What ties an address to one login, or names a person before they signed in. */
const revealing = ['state', 'nonce', 'code_challenge', 'login_hint', 'request_uri'];

const withoutSecrets = (address: SafeUrl): SafeUrl => {
	const url = new URL(address);
	// A short link has no query: its path is what nobody may know.
	if (url.search === '') url.pathname = '/redacted';
	for (const name of revealing) url.searchParams.delete(name);
	return escapeHref(url.href);
};

const redact = (event: LoginEvent): LoginEvent =>
	event.type === 'authorization-url'
		? {...event, url: withoutSecrets(event.url), shortUrl: withoutSecrets(event.shortUrl)}
		: event;

/**
 * Records a login from its first event to its last; call it as soon as the login has begun, for the times to be right.
 * What is secret by nature in an address is taken out before it is kept.
 */
export const recordLogin = async (run: LoginRun): Promise<Recording> => {
	const events: Recording['events'][number][] = [];
	for await (const event of run) events.push({at: run.clock.now(), event: redact(event)});
	return {version: 1, events};
};

/** The event with all of its times moved. */
const shift = (event: LoginEvent, by: number): LoginEvent =>
	Object.fromEntries(
		Object.entries(event).map(([name, value]) => [
			name,
			typeof value === 'number' && /^(expires|sessionExpires|retry|nextPoll)At$/.test(name)
				? value + by
				: (value as unknown),
		]),
	) as LoginEvent;

const sessionOf = ({type: _, ...signedIn}: EventOf<'signed-in'>): Session => ({
	...signedIn,
	async getToken() {
		throw new LoginError('config_error', 'A recording holds no tokens.', {hint: 'Run a real login for them.'});
	},
	async logout() {
		return {outcome: 'no-session'};
	},
});

/**
 * Plays a recording as a login for any reporter or screen. With a clock it keeps the recording's pace on it, all times moved as if the
 * login began now; without one everything has happened already, and the clock stands at the last event.
 *
 * Its session has no tokens. A recording that stops in the middle leaves the login running until it is cancelled.
 *
 * @throws LoginError `config_error` for a recording of another version
 */
export const playRecording = ({version, events}: Recording, clock?: Clock): PlayedRun => {
	if ((version as number) !== 1) {
		throw new LoginError('config_error', 'This recording is of another version.', {hint: 'Record it again.'});
	}

	const start = events[0]?.at ?? clock?.now() ?? 0;
	const offset = clock === undefined ? 0 : clock.now() - start;
	const log = new EventLog();
	const commands: LoginCommand[] = [];
	const ending = new AbortController();
	let settle!: (end: EventOf<'signed-in' | 'failed' | 'pending'>) => void;
	const session = new Promise<Session>((resolve, reject) => {
		settle = end => {
			if (end.type === 'signed-in') resolve(sessionOf(end));
			else if (end.type === 'pending') reject(new PendingError(end));
			else reject(new LoginError(end.code, end.message, end));
		};
	});
	// Nobody needs to look at it.
	session.catch(() => undefined);

	const play = (event: LoginEvent) => {
		log.append(event);
		if (event.type === 'signed-in' || event.type === 'failed' || event.type === 'pending') settle(event);
	};

	const keepPace = async (clock: Clock) => {
		const begun = clock.monotonic();
		for (const {at, event} of events) {
			await clock.sleep(at - start - (clock.monotonic() - begun), ending.signal);
			play(shift(event, offset));
		}
	};

	if (clock === undefined) {
		for (const {event} of events) play(event);
	} else {
		// It ends early only by `cancel`, which says so itself.
		keepPace(clock).catch(() => undefined);
	}

	return {
		clock: clock ?? createManualClock({now: events.at(-1)?.at ?? start}),
		commands,
		flow: 'auto',
		session,
		get state() {
			return log.state;
		},
		subscribe: listener => log.subscribe(listener),
		command: command => void commands.push(command),
		async cancel() {
			ending.abort();
			const reason = 'The login was cancelled.';
			for (const {flow} of openFlows(log.state)) {
				log.append({type: 'flow-closed', flow, reason, code: 'cancelled'});
			}

			play({type: 'failed', code: 'cancelled', message: reason, hint: 'Start it again.'});
		},
		[Symbol.asyncIterator]: () => log[Symbol.asyncIterator](),
	};
};
