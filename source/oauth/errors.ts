import * as oauth from 'oauth4webapi';
import {displayText} from '../core/safe-text.js';
import {cancelled, errorCode, LoginError, type LoginErrorCode} from '../core/errors.js';
import {waitSentence, oauthError, type ResponseInfo} from './error-codes.js';
import type {EndpointKind} from './quirks.js';

/** What is wrong with an ID token, as the end of "The server's proof of who signed in isn't valid because …". */
type IdTokenProblem = {
	readonly reason: string;
	/** Where it is not the same as for every problem. */
	readonly hint?: string;
};

/** A claim that has another value than it must have: its name stays, for the administrator. */
const otherClaims: Readonly<Record<string, string>> = {
	iss: 'it comes from a different issuer (iss)',
	aud: 'it was issued for a different client (aud)',
	azp: 'it was issued to a different client (azp)',
	nonce: 'it belongs to a different sign-in (nonce)',
};

const isText = (value: unknown): value is string => typeof value === 'string';

const otherAlgorithm = (cause: unknown): IdTokenProblem => {
	const {header, expected} = cause as {header?: {alg?: unknown}; expected?: unknown};
	const accepted = [expected].flat().filter(isText);
	const names = new Intl.ListFormat('en', {type: 'disjunction'}).format(accepted);
	const algorithm = displayText(isText(header?.alg) ? header.alg : '', 20);
	return {
		reason:
			algorithm === '' || algorithm.toLowerCase() === 'none'
				? "it isn't signed"
				: names === ''
					? `it's signed with ${algorithm}`
					: `it's signed with ${algorithm} instead of ${names}`,
		hint: `Nothing was saved. Have the provider sign ID tokens for this app with ${names === '' ? 'RS256' : names}.`,
	};
};

/** The library's sentences are constants, without a value of the response in them; the first that fits counts. */
const sentences: readonly (readonly [RegExp, string])[] = [
	[/"typ" header/, "it's a different kind of token"],
	[/"crit" header/, "it needs an extension that this program doesn't support (crit)"],
	[/JWE decryption/, "it's encrypted, and this program can't read that"],
	[/unsupported JWS/, "it's signed in a way this program doesn't support"],
	[/signature verification failed/, "its signature isn't the server's"],
	[/JWT "(\w+)" .*claim missing/, 'it has no {0}'],
	[/JWT "(\w+)" .*claim type/, 'its {0} is malformed'],
	[/\b(?:JWT|ID Token)\b/i, "it's malformed"],
];

/** What the library found wrong with an ID token; undefined where its sentence is about something else. */
const idTokenProblem = ({message, cause}: Error): IdTokenProblem | undefined => {
	if (message.includes('"alg" header')) return otherAlgorithm(cause);
	for (const [pattern, reason] of sentences) {
		const found = pattern.exec(message);
		if (found) return {reason: reason.replace('{0}', found[1] ?? '')};
	}

	return undefined;
};

/** A failed check of an ID token: its tokens are discarded, nothing is stored. */
export const identityError = (
	reason: string,
	info: ResponseInfo,
	hint = 'Nothing was saved. Try again. If it keeps happening, ask your administrator.',
): LoginError =>
	new LoginError('identity_check_failed', `The server's proof of who signed in isn't valid because ${reason}.`, {
		...info,
		hint,
	});

const minute = 60_000;
const hour = 60 * minute;

/** Each a phrase of its own, so that it can be translated. */
const spanOf = (milliseconds: number): string => {
	if (milliseconds < 1.5 * minute) return 'a minute';
	if (milliseconds < 2 * hour) return `${Math.round(milliseconds / minute)} minutes`;
	return milliseconds < 36 * hour
		? `${Math.round(milliseconds / hour)} hours`
		: `${Math.round(milliseconds / (24 * hour))} days`;
};

/**
 * A sentence that names this computer's clock as the likely cause, where it differs from the server's by more than a
 * minute.
 */
export const clockSentence = ({clockAhead = 0}: ResponseInfo): string | undefined => {
	const off = Math.abs(clockAhead);
	if (off < minute) return undefined;
	return clockAhead > 0
		? `This computer's clock is about ${spanOf(off)} ahead of the server's.`
		: `This computer's clock is about ${spanOf(off)} behind the server's.`;
};

/** A check of an ID token's times that failed; the clock is named where it differs from the server's. */
export const timeError = (reason: string, info: ResponseInfo): LoginError => {
	const clock = clockSentence(info);
	if (clock === undefined) return identityError(reason, info);
	return new LoginError(
		'identity_check_failed',
		`${clock} That may be why the server's proof of who signed in isn't valid (${reason}).`,
		{...info, hint: "Set this computer's clock, then sign in again."},
	);
};

const certificateProblem = /^(?:CERT_|ERR_TLS|ERR_SSL(?!_WRONG_VERSION)|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO)/;
const networkProblems: Readonly<Record<string, string>> = {
	ENOTFOUND: 'no such host',
	EAI_AGAIN: "its name couldn't be looked up",
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'the connection was lost',
	UND_ERR_SOCKET: 'the connection was lost',
	EHOSTUNREACH: 'no route to host',
	ENETUNREACH: "there's no network",
	ERR_SSL_WRONG_VERSION_NUMBER: "it doesn't speak HTTPS",
};

const systemCode = (error: unknown): string => {
	for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
		const code = errorCode(at);
		if (code !== undefined) return code;
	}

	return '';
};

/** What went wrong with a connection, as the end of "Can't connect to HOST: …". */
export const connectionProblem = (error: unknown): string => networkProblems[systemCode(error)] ?? 'the request failed';

const checkNetwork = 'Check your network and proxy settings (HTTPS_PROXY), then try again.';

/** What a fetch threw, in words; the original stays behind, since a private fetch may throw anything. */
export const networkError = (error: unknown, endpoint: string): LoginError => {
	const host = displayText(new URL(endpoint).host, 80);
	const code = systemCode(error);
	if (certificateProblem.test(code)) {
		return new LoginError('tls_error', `The certificate of ${host} isn't trusted here (${displayText(code, 60)}).`, {
			hint: words => words.trustCertificate,
			endpoint,
		});
	}

	const isTimeout = /TIMEOUT$|^ETIMEDOUT$/.test(code) || (error instanceof Error && error.name === 'TimeoutError');
	return isTimeout
		? new LoginError('timeout', `${host} didn't respond in time.`, {hint: checkNetwork, endpoint})
		: new LoginError('network_error', `Can't connect to ${host}: ${connectionProblem(error)}.`, {
				hint: code === 'ENOTFOUND' ? words => words.unknownHost : checkNetwork,
				endpoint,
			});
};

/** Tokens that need more than to be sent (RFC 6749 §7.1). */
export const unusableType = (type: unknown, info: ResponseInfo): LoginError =>
	new LoginError(
		'bad_response',
		`The server sent a token that this program can't use (token_type ${displayText(String(type), 20)}).`,
		{...info, hint: 'Have the provider issue Bearer tokens for this app.'},
	);

/** A response that is no response of the protocol: the status tells what can be told. */
export const unusableResponse = (what: string, endpointKind: EndpointKind, info: ResponseInfo): LoginError => {
	const {endpoint, status = 0} = info;
	const fail = (code: LoginErrorCode, message: string, hint: string) => new LoginError(code, message, {...info, hint});
	if (status === 429) return oauthError({error: 'slow_down'}, info);
	if (status >= 500 || status === 408) {
		return fail('server_unavailable', `The server is unavailable at the moment (HTTP ${status}).`, waitSentence(info));
	}

	if (status >= 300 && status < 400) {
		return fail(
			'bad_response',
			info.location === undefined
				? `The server redirects ${endpoint} (HTTP ${status}), and redirects aren't followed.`
				: `The server redirects ${endpoint} to ${displayText(info.location)} (HTTP ${status}), and redirects aren't followed.`,
			'Check the endpoint.',
		);
	}

	if (endpointKind === 'user-info' && (status === 401 || status === 403)) return tokenRejected(info);
	const isDocument = endpointKind === 'discovery' || endpointKind === 'keys';
	if (status === 401 && !isDocument) return oauthError({error: 'invalid_client'}, info);
	if (endpointKind === 'device-authorization' && (status === 404 || status === 405)) {
		return fail(
			'device_unsupported',
			`Signing in with a code isn't turned on at the server (HTTP ${status}).`,
			'Sign in with your browser, or ask your administrator to turn on the device flow.',
		);
	}

	return status >= 400
		? fail(
				'bad_response',
				`The server refused without giving a reason (HTTP ${status}).`,
				'If it worked before, sign in again. Otherwise, check the settings of your app at the provider.',
			)
		: fail('bad_response', `The server's response can't be used because ${what}.`, 'Check the provider URL.');
};

const tokenRejected = (info: ResponseInfo, needsScope = false): LoginError =>
	needsScope
		? new LoginError('token_rejected', "The access token doesn't cover this request.", {
				...info,
				hint: 'Sign in again, and ask for the scope it needs.',
			})
		: new LoginError('token_rejected', 'The server no longer accepts the access token.', {
				...info,
				hint: 'Refresh the token, or sign in again.',
			});

const fromProblem = ({reason, hint}: IdTokenProblem, info: ResponseInfo) => identityError(reason, info, hint);

/** The scope `openid` asks for an ID token, and only an OpenID provider has one to give (OIDC Core §3.1.2.1, §3.1.3.3). */
const noIdToken = (info: ResponseInfo): LoginError =>
	new LoginError(
		'bad_response',
		'The server sent no ID token to prove who signed in, although the scope openid asks for one.',
		{...info, hint: "It isn't an OpenID provider for this app, so leave openid out of the scopes."},
	);

const fromProcessing = (
	error: oauth.OperationProcessingError,
	endpointKind: EndpointKind,
	info: ResponseInfo,
): LoginError => {
	const {attribute, claim} = (error.cause ?? {}) as {attribute?: string; claim?: string};
	switch (error.code) {
		case oauth.HTTP_REQUEST_FORBIDDEN:
		case oauth.REQUEST_PROTOCOL_FORBIDDEN:
		case oauth.MISSING_SERVER_METADATA:
		case oauth.INVALID_SERVER_METADATA: {
			return new LoginError('config_error', `The provider has no usable ${attribute ?? 'endpoint'} for this request.`, {
				hint:
					attribute === 'jwks_uri'
						? "Give the URL of its keys. ID tokens can't be verified without them."
						: "Check the provider's endpoints.",
			});
		}

		case oauth.JWT_TIMESTAMP_CHECK:
			return timeError(
				claim === 'exp' ? 'it has expired' : claim === 'nbf' ? "it isn't valid yet" : 'it is too old',
				info,
			);
		case oauth.JWT_CLAIM_COMPARISON:
		case oauth.JSON_ATTRIBUTE_COMPARISON: {
			const name = claim ?? attribute ?? 'content';
			return identityError(otherClaims[name] ?? `its ${name} isn't the expected one`, info);
		}

		case oauth.KEY_SELECTION:
			return identityError("its signature matches none of the server's keys, or more than one", info);
		case oauth.JWT_USERINFO_EXPECTED:
			return identityError("it isn't signed", info);
		default: {
			const problem = idTokenProblem(error);
			if (problem !== undefined) return fromProblem(problem, info);
			const [, member] = /"(\w+)" property/.exec(error.message) ?? [];
			if (member === 'id_token') return noIdToken(info);
			return unusableResponse(
				member === undefined ? "it isn't what was asked for" : `its ${member} is missing or malformed`,
				endpointKind,
				info,
			);
		}
	}
};

/**
 * Turns whatever a request threw into the one error that leaves the engine. A library's error never does, not even as a
 * `cause`: it holds the tokens of the response that it complains about.
 */
export const requestError = (
	error: unknown,
	endpointKind: EndpointKind,
	info: ResponseInfo,
	signal: AbortSignal,
): LoginError => {
	if (signal.aborted) return signal.reason instanceof LoginError ? signal.reason : cancelled();
	if (error instanceof LoginError) return error;
	if (error instanceof oauth.ResponseBodyError) return oauthError({...error.cause, error: error.error}, info);
	if (error instanceof oauth.WWWAuthenticateChallengeError) {
		const needsScope = error.cause.some(challenge => challenge.parameters.error === 'insufficient_scope');
		return endpointKind === 'user-info' ? tokenRejected(info, needsScope) : oauthError({error: 'invalid_client'}, info);
	}

	if (error instanceof oauth.UnsupportedOperationError) {
		return error.message.includes('token_type')
			? unusableType((error.cause as {body?: {token_type?: unknown}} | undefined)?.body?.token_type, info)
			: fromProblem(idTokenProblem(error) ?? {reason: "it's malformed"}, info);
	}

	if (error instanceof oauth.OperationProcessingError) return fromProcessing(error, endpointKind, info);
	return new LoginError('internal_error', 'Something went wrong in this program.', {
		hint: 'Please report it, and say what you were doing.',
		endpoint: info.endpoint,
	});
};
