import {
	jwksCache,
	KEY_SELECTION,
	OperationProcessingError,
	validateApplicationLevelSignature,
	type AuthorizationServer,
	type ExportedJWKSCache,
	type JWKS,
	type JWKSCacheInput,
} from 'oauth4webapi';
import type {ResponseInfo} from './response-info.js';
import {identityError} from './errors.js';
import {callServer, openCall, type RequestContext} from './request.js';

/** Keys of a server, and when they were fetched (epoch milliseconds). */
type ServerKeys = {readonly jwks: JWKS; readonly fetchedAt: number};

type KeyHolder = {cache: JWKSCacheInput; imported?: ServerKeys; pending?: Promise<void>};

const holders = new WeakMap<AuthorizationServer, KeyHolder>();

const holderOf = (server: AuthorizationServer): KeyHolder => {
	const holder = holders.get(server) ?? {cache: {}};
	holders.set(server, holder);
	return holder;
};

const isFilled = (cache: JWKSCacheInput): cache is ExportedJWKSCache => 'jwks' in cache;

// The library dates its cache by the system's clock, in seconds.
const now = () => Math.floor(Date.now() / 1000);

/** The keys as last seen, to be kept with the session. */
export const exportKeys = (server: AuthorizationServer): ServerKeys | undefined => {
	const {cache, imported} = holderOf(server);
	if (!isFilled(cache)) return undefined;
	return cache.jwks === imported?.jwks ? imported : {jwks: cache.jwks, fetchedAt: cache.uat * 1000};
};

/** Milliseconds for which keys are used without asking again: one that the server has withdrawn is good for no longer. */
const longestUse = 24 * 3_600_000;

/**
 * Takes up keys that were stored with a session, so that a refreshed ID token needs no request; not old ones, nor those of
 * a clock that was ahead. They count as a minute old, which is the age from which the library asks again when none of them
 * fits.
 */
export const importKeys = (server: AuthorizationServer, keys: ServerKeys | undefined): void => {
	const age = Date.now() - (keys?.fetchedAt ?? 0);
	if (keys === undefined || age < 0 || age > longestUse) return;
	const holder = holderOf(server);
	holder.imported = keys;
	holder.cache = {jwks: keys.jwks, uat: now() - 60};
};

/** Fetches the keys before they are needed. A failure shows when they are. */
export const prefetchKeys = async (context: RequestContext): Promise<void> => {
	const {server, idToken} = context.provider;
	const {jwks_uri: address} = server;
	const holder = holderOf(server);
	if (address === undefined || (idToken ?? 'verify') !== 'verify' || isFilled(holder.cache)) return;
	holder.pending ??= callServer(context, 'keys', async call => {
		const response = await call.get(address);
		const jwks = (await response.json()) as JWKS;
		if (response.status === 200 && Array.isArray(jwks.keys)) holder.cache = {jwks, uat: now()};
	})
		.catch(() => undefined)
		.finally(() => {
			holder.pending = undefined;
		});
	await holder.pending;
};

/**
 * Verifies the signature of a processed answer with the server's keys and no others. The library never does by
 * itself, and fetches no newer keys within a minute of the last: so a key that was rotated just now needs one more try
 * with a fresh view of the server.
 */
export const verifySignature = async (
	context: RequestContext,
	response: Response,
	info: ResponseInfo,
): Promise<void> => {
	const {server} = context.provider;
	const holder = holderOf(server);
	await holder.pending;
	const call = openCall(context, 'keys');
	const attempt = async (view: AuthorizationServer, cache: JWKSCacheInput) =>
		validateApplicationLevelSignature(view, response, {...call.options, [jwksCache]: cache});
	const before = holder.cache;
	const seen = isFilled(before) ? before.jwks : undefined;
	try {
		try {
			await attempt(server, before);
		} catch (error) {
			const wereFetched = isFilled(before) && before.jwks !== seen;
			if (wereFetched || !mayBeRotated(error)) throw error;
			const fresh: JWKSCacheInput = {};
			holder.cache = fresh;
			await attempt({...server}, fresh);
		}
	} catch (error) {
		// The caller may know what to make of it: the server's keys can be newer than what a cache before it holds.
		if (isKeyUnknown(error)) throw error;
		const failure = call.fail(error);
		// What the platform's cryptography throws at a malformed key or signature.
		throw failure.code === 'internal_error' ? identityError('its signature cannot be verified', info) : failure;
	}
};

const isKeyUnknown = (error: unknown): boolean =>
	error instanceof OperationProcessingError && error.code === KEY_SELECTION;

/** None of the known keys fits, or the one without a name that did is another by now. */
const mayBeRotated = (error: unknown): boolean =>
	isKeyUnknown(error) || (error instanceof Error && error.message === 'JWT signature verification failed');
