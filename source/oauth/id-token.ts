import {
	getValidatedIdTokenClaims,
	jwksCache,
	KEY_SELECTION,
	OperationProcessingError,
	validateApplicationLevelSignature,
	type AuthorizationServer,
	type ExportedJWKSCache,
	type JWKS,
	type JWKSCacheInput,
	type TokenEndpointResponse,
} from 'oauth4webapi';
import {displayText, type DisplayText} from '../core/safe-text.js';
import {type IdTokenClaims, decodeJwtPart, halfHash} from './token-set.js';
import type {ResponseInfo} from './error-codes.js';
import {callServer, openCall, type RequestContext} from './request.js';
import {identityError, timeError} from './errors.js';
import {hasTenants, tenantIssuer} from './provider.js';
import {omitUndefined} from '../core/clock.js';
import type {Identity} from '../core/types.js';

/** What an ID token must agree with, beside the checks that the library makes. */
export type IdTokenExpectation = {
	/** The nonce that was sent; without it the token may have none (OIDC Core §3.1.3.7-11). */
	readonly nonce?: string;
	/** The claims of the login that is being refreshed (OIDC Core §12.2). */
	readonly previous?: IdTokenClaims;
};

type VerifiedIdToken = {readonly claims: IdTokenClaims; readonly identity: Identity};

/** Seconds. */
const furthestAhead = 600;
const oldest = 3600;
/** By how much the token of a refresh may be older than the one before: one server has several clocks. */
const clockTolerance = 30;

/**
 * The issuer that this response has to come from: the configured one, or for Entra's many tenants the one of the token's
 * own tenant. The claims are checked against it afterwards, so a token cannot choose another issuer.
 */
export const resolveIssuer = async (server: AuthorizationServer, response: Response): Promise<AuthorizationServer> => {
	if (!hasTenants(server.issuer) || !response.ok) return server;
	const body = (await response
		.clone()
		.json()
		.catch(() => ({}))) as {id_token?: unknown};
	const payload = typeof body.id_token === 'string' ? decodeJwtPart(body.id_token, 1) : undefined;
	return {...server, issuer: tenantIssuer(server.issuer, payload?.['tid']) ?? server.issuer};
};

const checkTimes = ({iat}: IdTokenClaims, now: number, info: ResponseInfo) => {
	if (iat > now + furthestAhead) throw timeError('it was issued in the future', info);
	if (iat < now - oldest) throw timeError('it was issued too long ago', info);
};

/** What is wrong with the ID token of a refresh that names someone else. */
export const anotherPerson = "it's about a different person than the login";

/**
 * The token of a refresh continues the login: the same person, newly issued (OIDC Core §12.2). Another `auth_time` ends
 * nothing, against the letter: GitLab and others set it whenever the person signs in anywhere.
 */
const checkContinuity = (claims: IdTokenClaims, previous: IdTokenClaims, info: ResponseInfo) => {
	if (claims.iss !== previous.iss) throw identityError("its issuer isn't the login's", info);
	if (claims.sub !== previous.sub) throw identityError(anotherPerson, info);
	if (claims.iat < previous.iat - clockTolerance) {
		throw identityError("it's older than the one it replaces", info);
	}
};

const checkClaims = (
	claims: IdTokenClaims,
	{nonce, previous}: IdTokenExpectation,
	clientId: string,
	info: ResponseInfo,
) => {
	if (!/^[\x20-\x7E]{1,255}$/.test(claims.sub)) throw identityError('its subject is empty or malformed', info);
	if (claims.azp !== undefined && claims.azp !== clientId) {
		throw identityError('it was issued to a different client', info);
	}

	const expected = nonce ?? previous?.nonce;
	const mayLackNonce = nonce === undefined;
	if (claims.nonce !== expected && !(mayLackNonce && claims.nonce === undefined)) {
		throw identityError("its nonce isn't this login's", info);
	}

	if (previous !== undefined) checkContinuity(claims, previous, info);
};

/** A token of another kind must not pass for an ID token, even when the server signed it (RFC 8725 §3.11). */
const checkBinding = async (idToken: string, atHash: unknown, accessToken: string, info: ResponseInfo) => {
	const {typ, alg} = decodeJwtPart(idToken, 0) ?? {};
	if (typ !== undefined && (typeof typ !== 'string' || !/^(?:application\/)?jwt$/i.test(typ))) {
		throw identityError("it's a different kind of token", info);
	}

	if (atHash === undefined) return;
	if (typeof alg !== 'string' || atHash !== (await halfHash(accessToken, alg))) {
		throw identityError('it belongs to a different access token', info);
	}
};

const text = (value: unknown, maximumLength = 100): DisplayText | undefined => {
	const shown = typeof value === 'string' ? displayText(value, maximumLength) : undefined;
	return shown === '' ? undefined : shown;
};

/** Anything else that is called an e-mail address may be a sentence meant for the reader. */
const isEmailAddress = (address = ''): boolean => /^[^\s()<>,;:"]+@[^\s()<>,;:"]+$/.test(address);

type ShownClaims = {readonly name?: unknown; readonly email?: unknown; readonly emailVerified?: unknown};

/** Who it is; (issuer, subject) alone identifies, the rest is for display (OIDC Core §5.7). */
export const toIdentity = (issuer: string, subject: string, {name, email, emailVerified}: ShownClaims): Identity => {
	const address = text(email, 254);
	return omitUndefined({
		issuer,
		subject,
		name: text(name),
		...(isEmailAddress(address) && {
			email: address,
			// Some servers write it as a string.
			emailVerified: emailVerified === false || emailVerified === 'false' ? false : undefined,
		}),
	});
};

/**
 * Checks the ID token of a response that the library has processed: it has compared issuer, audience, expiry and
 * algorithm; the rest, the signature included, is up to us.
 *
 * @throws LoginError `identity_check_failed`
 */
export const verifyIdToken = async (
	context: RequestContext,
	body: TokenEndpointResponse,
	response: Response,
	expectation: IdTokenExpectation,
	info: ResponseInfo,
): Promise<VerifiedIdToken | undefined> => {
	const found = getValidatedIdTokenClaims(body);
	if (found === undefined || body.id_token === undefined) return undefined;
	const {provider, clock} = context;
	const claims: IdTokenClaims = {
		iss: found.iss,
		sub: found.sub,
		aud: found.aud,
		exp: found.exp,
		iat: found.iat,
		azp: typeof found.azp === 'string' ? found.azp : undefined,
		auth_time: found.auth_time,
		nonce: found.nonce,
	};
	if (found.azp !== undefined && claims.azp === undefined) throw identityError('its azp is malformed', info);
	// At a refresh the previous token tells whether this one is new, whatever our clock says.
	if (expectation.previous === undefined) checkTimes(claims, clock.now() / 1000, info);
	checkClaims(claims, expectation, provider.clientId, info);
	await checkBinding(body.id_token, found['at_hash'], body.access_token, info);
	if ((provider.idToken ?? 'verify') === 'verify') await verifySignature(context, response, info);
	return {
		// What the first token said about the sign-in holds for those that follow, whatever they say of it.
		claims: omitUndefined({
			...claims,
			nonce: claims.nonce ?? expectation.previous?.nonce,
			auth_time: expectation.previous?.auth_time ?? claims.auth_time,
		}),
		identity: toIdentity(claims.iss, claims.sub, {
			name: found['name'] ?? found['preferred_username'],
			email: found['email'],
			emailVerified: found['email_verified'],
		}),
	};
};

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
 * Verifies the signature of a processed response with the server's keys and no others. The library never does by
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
		throw failure.code === 'internal_error' ? identityError("its signature can't be verified", info) : failure;
	}
};

const isKeyUnknown = (error: unknown): boolean =>
	error instanceof OperationProcessingError && error.code === KEY_SELECTION;

/** None of the known keys fits, or the one without a name that did is another by now. */
const mayBeRotated = (error: unknown): boolean =>
	isKeyUnknown(error) || (error instanceof Error && error.message === 'JWT signature verification failed');
