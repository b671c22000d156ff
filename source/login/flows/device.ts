import {LoginError} from '../../core/errors.js';
import {openInBrowser, type Flow, type FlowContext, type SavedFlow, type SavedPolling} from '../flow.js';
import {
	requestDeviceAuthorization,
	requestDeviceToken,
	type DeviceAuthorization,
} from '../../oauth/device-authorization.js';
import type {TokenSet} from '../../oauth/token-set.js';
import {Deadline, momentOf, waitSince} from '../../core/deadline.js';

/** Seconds are what the protocol speaks; the schedule answers in milliseconds. */
const second = 1000;

/** RFC 8628 §3.5 sets no minimum, and a server that says 0 must not be flooded. */
const shortestWait = second;

/** Our own back-off ends here (RFC 8628 §3.5); a longer interval that the server asked for is kept. */
const longestBackoff = 60 * second;

/** A wait of exactly the interval comes too early for the server where our clock runs a little fast. */
const margin = 1.05;
/** The clocks of some virtual machines run much faster; a server that asks for longer waits may have met one. */
const marginAfterSlowDown = 1.2;

/** The last poll is sent this long before the code ends, so that it arrives in time. */
const beforeEnd = second;

/**
 * How long to wait before the next poll (RFC 8628 §3.5): at least the interval in force with a margin for clocks that
 * run fast, longer for good after each `slow_down`, and exponentially longer while no usable response comes. The last poll
 * comes just before the code ends, so that an approval in the last interval still counts.
 */
class PollingSchedule {
	/** The interval in force, in seconds. It never shrinks. */
	interval: number;
	slowedDown: boolean;
	#faults = 0;

	constructor(interval: number, slowedDown = false) {
		this.interval = interval;
		this.slowedDown = slowedDown;
	}

	/** `slow_down`: five seconds more for this and all later waits, or what the server names if that is longer. */
	slowDown(interval = 0): void {
		this.interval = Math.max(this.interval + 5, interval);
		this.slowedDown = true;
		this.#faults = 0;
	}

	/** No usable response came. */
	fault(): void {
		this.#faults += 1;
	}

	/** A usable response came: back to the interval in force. */
	recovered(): void {
		this.#faults = 0;
	}

	/**
	 * The wait from the last response to the next poll, in milliseconds.
	 *
	 * @param left - milliseconds until the code ends
	 * @param retryAfter - seconds, if the server named them
	 */
	wait(left: number, retryAfter = 0): number {
		const interval = Math.max(shortestWait, this.interval * second);
		const regular = interval * (this.slowedDown ? marginAfterSlowDown : margin);
		const backoff = this.#faults === 0 ? 0 : Math.min(longestBackoff, interval * 2 ** this.#faults);
		const wait = Math.round(Math.max(regular, backoff, retryAfter * second));
		const last = Math.round(left - beforeEnd);
		// The last poll was sent, or the code ends before the interval does.
		if (last < interval) return wait;
		// A poll after this one could not keep the interval any more, so this one is the last, as late as it can be.
		return last - wait < interval ? last : wait;
	}
}

type Outcome = {readonly kind: 'tokens'; readonly tokens: TokenSet} | {readonly kind: 'renew' | 'expired'};

const expired = () =>
	new LoginError('expired_token', 'The code expired before anyone approved it.', {
		hint: "Ask for a new code and approve it while it's valid.",
	});

type SavedDevice = Extract<SavedFlow, {readonly flow: 'device'}>;

/** Polls for one code until it is approved, refused, expired or replaced (RFC 8628 §3.4, §3.5). Never two at a time. */
class DevicePoller {
	readonly #context: FlowContext;
	readonly #authorization: DeviceAuthorization;
	readonly #schedule: PollingSchedule;
	readonly #deadline: Deadline;
	/** Epoch milliseconds; the same in all processes. */
	readonly #expiresAt: number;
	#lastResponse;
	#wait: number;
	#attempts: number;
	#sawPending: boolean;

	constructor(context: FlowContext, authorization: DeviceAuthorization, deadline: Deadline, saved?: SavedDevice) {
		const {clock} = context;
		this.#context = context;
		this.#authorization = authorization;
		this.#deadline = deadline;
		this.#expiresAt = saved?.expiresAt ?? deadline.at;
		const {interval = authorization.interval, slowedDown, attempts = 0, sawPending = false} = saved?.polling ?? {};
		this.#schedule = new PollingSchedule(interval, slowedDown);
		this.#lastResponse = momentOf(clock);
		this.#attempts = attempts;
		this.#sawPending = sawPending;
		// Where the clock was set back since, what it says of an earlier process is worth nothing.
		const longest = this.#schedule.wait(deadline.left);
		const until = (saved?.polling.nextPollAt ?? Number.POSITIVE_INFINITY) - clock.now();
		this.#wait = Math.max(0, Math.min(longest, until));
	}

	/** Saves what the server has said by now. */
	async save(): Promise<void> {
		await this.#save(this.#schedule, this.nextPollAt);
	}

	get nextPollAt(): number {
		return this.#context.clock.now() + this.#wait;
	}

	async run(signal: AbortSignal): Promise<Outcome> {
		for (;;) {
			await this.#untilNextPoll(signal);
			if (this.#deadline.left <= 0) return {kind: 'expired'};
			await this.#saveWorst();
			const outcome = await this.#poll(signal);
			if (outcome !== undefined) return outcome;
			await this.save();
		}
	}

	/** A process that dies before the response is here may have been told to slow down. */
	async #saveWorst(): Promise<void> {
		if (this.#context.save === undefined) return;
		const {interval, slowedDown} = this.#schedule;
		const worst = new PollingSchedule(interval, slowedDown);
		worst.slowDown();
		const nextPollAt = this.#context.clock.now() + worst.wait(this.#deadline.left);
		await this.#save(worst, nextPollAt, {isUnderWay: true});
	}

	async #save(
		{interval, slowedDown}: PollingSchedule,
		nextPollAt: number,
		more: Pick<SavedPolling, 'isUnderWay'> = {},
	): Promise<void> {
		const [attempts, sawPending] = [this.#attempts, this.#sawPending];
		await this.#context.save?.({
			flow: 'device',
			authorization: this.#authorization,
			expiresAt: this.#expiresAt,
			polling: {interval, slowedDown, attempts, sawPending, nextPollAt, ...more},
		});
	}

	async #untilNextPoll(signal: AbortSignal): Promise<void> {
		const {clock, emit} = this.#context;
		// A poll that would come after the end does not come at all; the end itself is waited for.
		const ms = Math.min(this.#wait, this.#deadline.left + (clock.monotonic() - this.#lastResponse.monotonic));
		await waitSince(clock, this.#lastResponse, ms, {
			signal,
			onResume: sleptFor => emit({type: 'resumed', sleptFor}),
		});
	}

	async #poll(signal: AbortSignal): Promise<Outcome | undefined> {
		const result = await this.#ask(async () =>
			requestDeviceToken({...this.#context, signal}, this.#authorization.deviceCode),
		);
		if (result === undefined) return {kind: 'expired'};
		this.#attempts += 1;
		this.#lastResponse = momentOf(this.#context.clock);
		if (result.kind === 'tokens') return result;
		if (result.kind === 'slow-down') this.#schedule.slowDown(result.interval);
		else if (result.kind === 'pending') this.#schedule.recovered();
		else this.#schedule.fault();
		this.#sawPending ||= result.kind !== 'transient';
		this.#wait = this.#schedule.wait(this.#deadline.left, result.retryAfter);
		const {nextPollAt} = this;
		const {interval} = this.#schedule;
		const {emit} = this.#context;
		if (result.kind === 'slow-down') emit({type: 'slow-down', interval, nextPollAt});
		else if (result.kind === 'pending') emit({type: 'poll', attempt: this.#attempts, interval, nextPollAt});
		else emit({type: 'backoff', reason: result.reason, retryAt: nextPollAt});
		return undefined;
	}

	/** Some servers say `expired_token` only once, or not at all, and call the code an invalid grant from then on (Auth0). */
	async #ask<PollResult>(request: () => Promise<PollResult>): Promise<PollResult | undefined> {
		try {
			return await request();
		} catch (error) {
			if (!(error instanceof LoginError)) throw error;
			if (error.code === 'expired_token') return undefined;
			if (error.code === 'invalid_grant' && this.#sawPending) return undefined;
			throw error;
		}
	}
}

/** Carries out commands until the person asks for a new code. */
const untilRenewal = async (
	context: FlowContext,
	authorization: DeviceAuthorization,
	signal: AbortSignal,
): Promise<Outcome> => {
	for (;;) {
		const command = await context.commands.next(signal);
		if (command.type === 'renew-code') return {kind: 'renew'};
		if (command.type === 'open-browser') {
			// Never the link with the code: others on this computer see what a program is started with, and could approve it.
			void openInBrowser(context, authorization.verificationUri, signal);
		}
	}
};

/** One code from its request to its end. */
const authorize = async (context: FlowContext, renewal: number, saved: SavedDevice | undefined): Promise<Outcome> => {
	const {clock, emit, signal} = context;
	// The lifetime counts from before the request: the server's own count began while the response was under way.
	const start = momentOf(clock);
	const authorization = saved?.authorization ?? (await requestDeviceAuthorization(context));
	const lifetime = saved === undefined ? authorization.expiresIn * 1000 : saved.expiresAt - start.wall;
	const deadline = new Deadline(clock, start, lifetime);
	const poller = new DevicePoller(context, authorization, deadline, saved);
	await poller.save();
	const {userCode, verificationUri, verificationUriComplete, onForeignHost, interval} = authorization;
	emit({
		type: 'device-code',
		userCode,
		verificationUri,
		verificationUriComplete,
		onForeignHost,
		expiresAt: deadline.at,
		interval,
		nextPollAt: poller.nextPollAt,
		renewal,
	});
	const done = new AbortController();
	const both = AbortSignal.any([signal, done.signal]);
	const polling = poller.run(both);
	const renewing = untilRenewal(context, authorization, both);
	// Whichever ends first ends the other; its rejection is of no interest then.
	polling.catch(() => undefined);
	renewing.catch(() => undefined);
	try {
		return await Promise.race([polling, renewing]);
	} finally {
		done.abort(new LoginError('cancelled', 'The code was replaced.', {hint: 'Use the new code.'}));
	}
};

/** The device authorization grant (RFC 8628). */
export const deviceFlow: Flow = async context => {
	const saved = context.saved?.flow === 'device' ? context.saved : undefined;
	for (let renewal = 0; ; renewal += 1) {
		const outcome = await authorize(context, renewal, renewal === 0 ? saved : undefined);
		if (outcome.kind === 'tokens') return outcome.tokens;
		// A new code comes only when someone asked for it (RFC 8628 §3.5).
		if (outcome.kind === 'expired' && !context.autoRenew) throw expired();
	}
};
