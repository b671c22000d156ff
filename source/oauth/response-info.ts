import type {AuthorizationServer} from 'oauth4webapi';
import type {Clock} from '../core/clock.js';

/** What a request was about, and what the response's status line and headers said; for the words of an error and for waiting, never for a decision. */
export type ResponseInfo = {
	/** Origin and path that were asked. */
	endpoint?: string;
	status?: number;
	/** Where a redirect leads, without its query. */
	location?: string;
	/** Seconds. */
	retryAfter?: number;
	/** Milliseconds that this computer's clock is ahead of the server's; negative where it is behind. */
	clockAhead?: number;
	scope?: string | undefined;
	/** What the server's metadata says about requests that are pushed, and about proofs of a key. */
	readonly server?: Pick<
		AuthorizationServer,
		'pushed_authorization_request_endpoint' | 'dpop_signing_alg_values_supported'
	>;
};

const longestRetryAfter = 86_400;

const readDate = (text: string | null): number | undefined => {
	const time = text === null ? Number.NaN : Date.parse(text);
	return Number.isNaN(time) ? undefined : time;
};

/** Seconds, whether they were given as a number or as a date (RFC 9110 §10.2.3). */
const readRetryAfter = (headers: Headers, now: number): number | undefined => {
	const text = headers.get('retry-after')?.trim();
	if (text === undefined || text === '') return undefined;
	// A date is the server's: it is compared with the server's own clock where that is known.
	const until = readDate(text);
	const seconds = /^\d+$/.test(text)
		? Number(text)
		: until === undefined
			? Number.NaN
			: (until - (readDate(headers.get('date')) ?? now)) / 1000;
	return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), longestRetryAfter);
};

const redirectTarget = (location: string | null, endpoint: string | undefined): string | undefined => {
	if (location === null || !URL.canParse(location, endpoint)) return undefined;
	const {origin, pathname} = new URL(location, endpoint);
	return origin + pathname;
};

export const noteResponse = (info: ResponseInfo, response: Response, clock: Clock): void => {
	const now = clock.now();
	const serverTime = readDate(response.headers.get('date'));
	info.status = response.status;
	info.location = redirectTarget(response.headers.get('location'), info.endpoint);
	info.retryAfter = readRetryAfter(response.headers, now);
	info.clockAhead = serverTime === undefined ? undefined : now - serverTime;
};

const units = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
] as const;

/** When to come back, where the server has said so (RFC 9110 §10.2.3). */
export const waitSentence = ({retryAfter = 0}: ResponseInfo): string => {
	if (retryAfter === 0) return 'Try again in a while.';
	const [unit, length] = retryAfter < 120 ? ['second', 1] : retryAfter < 7200 ? ['minute', 60] : ['hour', 3600];
	const count = Math.ceil(retryAfter / length);
	return `Try again in ${count} ${unit}${count === 1 ? '' : 's'}.`;
};

/**
 * A sentence that names this computer's clock as the likely cause, where it differs from the server's by more than a
 * minute.
 */
export const clockSentence = ({clockAhead = 0}: ResponseInfo): string | undefined => {
	const off = Math.abs(clockAhead);
	const [unit, length] = units.find(([, milliseconds]) => off >= milliseconds) ?? [];
	if (unit === undefined) return undefined;
	const count = Math.round(off / length);
	const direction = clockAhead > 0 ? 'ahead of' : 'behind';
	return `This computer's clock is about ${count} ${unit}${count === 1 ? '' : 's'} ${direction} the server's.`;
};

/** What a request is for: the same bytes mean different things at different endpoints. */
export type EndpointKind =
	| 'discovery'
	| 'keys'
	| 'pushed-authorization'
	| 'device-authorization'
	| 'device-token'
	| 'token'
	| 'token-exchange'
	| 'user-info'
	| 'revocation';
