import {LoginError} from '../login-error.js';
import {isIssuer} from '../protocol/issuer.js';
import {oauthError} from '../protocol/oauth-error.js';
import type {ResolvedProvider} from '../provider.js';

/** Why a response is not the one that is awaited. */
export type Mismatch = 'no-state' | 'several-states' | 'other-state' | 'incomplete';

export type Judgement =
	/** Ours, with a code. */
	| {readonly kind: 'accepted'; readonly code: string}
	/** Not ours: it says nothing about this login, which goes on. */
	| {readonly kind: 'ignored'; readonly mismatch: Mismatch}
	/** Ours, and the end of this attempt. */
	| {readonly kind: 'refused'; readonly error: LoginError};

/** Parameters that must not occur twice (RFC 6749 §3.1). */
const single = ['code', 'error', 'error_description', 'error_uri', 'scope', 'session_state'];

/** What has no place in the response to `response_type=code` (RFC 9700 §2.1.2, §4.3.2). */
const misplaced = ['access_token', 'refresh_token', 'id_token', 'token', 'token_type', 'response'];

/** Whether the server promises to name itself in its responses (RFC 9207 §3). */
export const namesItself = ({server}: ResolvedProvider): boolean =>
	server.authorization_response_iss_parameter_supported === true;

/** None of the response's text stands in it: who wrote that is just what is unknown (RFC 9207 §2.4). */
const notTheIssuer = () =>
	new LoginError('identity_check_failed', 'The response did not come from the server that was asked.', {
		hint: 'Start again; if it happens again, check the provider URL before you sign in.',
	});

const malformed = (what: string) =>
	new LoginError('bad_response', `The server's response is not one to a sign-in request: ${what}.`, {
		hint: 'Check how the application is registered with the provider: it needs the authorization code flow.',
	});

const serverError = (parameters: URLSearchParams, {dialect, server, requestedScope}: ResolvedProvider): LoginError => {
	const error = parameters.get('error') ?? '';
	const aliases = new Map(Object.entries(dialect?.errorAliases ?? {}));
	return oauthError(
		{
			error: aliases.get(error) ?? error,
			error_description: parameters.get('error_description'),
			error_uri: parameters.get('error_uri'),
		},
		{server, scope: requestedScope},
	);
};

/**
 * Judges an authorization response, however it arrived; nothing judges it again. `state` comes first: what does not carry ours is nobody's
 * business here, an `error` included (RFC 8252 §8.9, S7); then the issuer, before any of its text counts (I01-I04).
 */
export const judgeAuthorizationResponse = (
	parameters: URLSearchParams,
	state: string,
	provider: ResolvedProvider,
): Judgement => {
	const ignored = (mismatch: Mismatch): Judgement => ({kind: 'ignored', mismatch});
	const refused = (error: LoginError): Judgement => ({kind: 'refused', error});

	const [theirs, ...moreStates] = parameters.getAll('state');
	if (theirs === undefined) return ignored('no-state');
	if (moreStates.length > 0) return ignored('several-states');
	if (theirs !== state) return ignored('other-state');

	const [iss, ...moreIssuers] = parameters.getAll('iss');
	if (iss === undefined ? namesItself(provider) : !isIssuer(provider.server.issuer, iss))
		return refused(notTheIssuer());
	if (moreIssuers.length > 0) return refused(notTheIssuer());

	const stray = misplaced.find(name => parameters.has(name));
	if (stray !== undefined) return refused(malformed(`it has ${stray} in it`));
	const repeated = single.find(name => parameters.getAll(name).length > 1);
	if (repeated !== undefined) return refused(malformed(`it has ${repeated} twice`));
	if (parameters.has('error')) return refused(serverError(parameters, provider));
	const code = parameters.get('code');
	return code ? {kind: 'accepted', code} : ignored('incomplete');
};
