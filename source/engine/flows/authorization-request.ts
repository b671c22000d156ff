import {calculatePKCECodeChallenge} from 'oauth4webapi';
import type {Random} from '../clock.js';
import {LoginError} from '../login-error.js';
import {base64url} from '../protocol/jwt.js';
import {requestParameters} from '../protocol/request-parameters.js';
import type {ResolvedProvider} from '../provider.js';
import {escapeHref, safeUrl, type SafeUrl} from '../safe-url.js';

/** What one authorization request binds its response to; new for each request, and in memory only (RFC 7636 §7.1, RFC 9700 §2.1.1). */
export type AuthorizationTransaction = {
	readonly state: string;
	/** Sent where an ID token is expected (OIDC Core §15.5.2). */
	readonly nonce?: string;
	readonly codeVerifier: string;
};

const scopesOf = (provider: ResolvedProvider): readonly string[] => provider.requestedScope.split(' ').filter(Boolean);

/** 256 random bits each, which make a verifier of 43 characters (RFC 7636 §4.1). */
export const createTransaction = (provider: ResolvedProvider, random: Random): AuthorizationTransaction => ({
	state: base64url(random(32)),
	nonce: scopesOf(provider).includes('openid') ? base64url(random(32)) : undefined,
	codeVerifier: base64url(random(32)),
});

/** The `max_age` that the request will carry; the ID token's `auth_time` is compared with it (OIDC Core §3.1.3.7-13). */
export const maxAgeOf = ({parameters}: ResolvedProvider): number | undefined => {
	const maxAge = parameters?.authorize?.['max_age'];
	return maxAge !== undefined && /^\d+$/.test(maxAge) ? Number(maxAge) : undefined;
};

/**
 * OIDC Core §11: `offline_access` is granted only with the person's consent, and some servers drop it silently without
 * this prompt. An empty `prompt` asks for none.
 */
const promptOf = (provider: ResolvedProvider): string | undefined => {
	const prompt = provider.prompt ?? provider.parameters?.authorize?.['prompt'];
	return prompt ?? (scopesOf(provider).includes('offline_access') ? 'consent' : undefined);
};

/** The parameters of the authorization request (RFC 6749 §4.1.1; RFC 7636 §4.3, always S256). */
export const authorizationParameters = async (
	provider: ResolvedProvider,
	{state, nonce, codeVerifier}: AuthorizationTransaction,
	redirectUri: string,
): Promise<URLSearchParams> => {
	const {requestedScope, audience, clientId, loginHint} = provider;
	const parameters = requestParameters(provider, 'authorize', {audience, scope: requestedScope});
	const ours = {
		response_type: 'code',
		client_id: clientId,
		redirect_uri: redirectUri,
		state,
		nonce,
		code_challenge: await calculatePKCECodeChallenge(codeVerifier),
		code_challenge_method: 'S256',
		prompt: promptOf(provider),
		login_hint: loginHint,
	};
	for (const [name, value] of Object.entries(ours)) {
		if (value !== undefined) parameters.set(name, value);
	}

	if (parameters.get('prompt') === '') parameters.delete('prompt');
	return parameters;
};

/** Whether the request goes to the server directly, and the browser carries only a reference to it (RFC 9126 §5). */
export const usesPushedAuthorization = ({pushedAuthorization, server}: ResolvedProvider): boolean =>
	pushedAuthorization === true || server.require_pushed_authorization_requests === true;

/**
 * The address at the authorization server. Its own query is kept (RFC 6749 §3.1); ours wins.
 *
 * @throws LoginError `config_error` where the server has no authorization endpoint, or one that is not safe
 */
export const authorizationUrl = ({server}: ResolvedProvider, parameters: URLSearchParams): SafeUrl => {
	const endpoint = server.authorization_endpoint;
	if (endpoint === undefined) {
		throw new LoginError('config_error', 'This server has no page to sign in with a browser.', {
			hint: 'Sign in another way, or check the provider URL.',
		});
	}

	const url = new URL(safeUrl(endpoint, "The address of the server's sign-in page", 'config_error'));
	for (const name of parameters.keys()) url.searchParams.delete(name);
	for (const [name, value] of parameters) url.searchParams.append(name, value);
	return escapeHref(url.href);
};
