import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {checkUrl, unusableUrl} from '../core/safe-url.js';
import {checkGivenToken, readToken} from '../core/small-text.js';
import type {EnvironmentVariables, OwnFlow} from '../core/types.js';
import {unusableResponse} from '../oauth/errors.js';
import {callServer, type RequestContext} from '../oauth/request.js';
import {requestClientCredentials} from '../oauth/token-endpoint.js';
import type {TokenSet} from '../oauth/token-set.js';
import {byAssertion, formOf, requestByIdentity} from '../oauth/workload-identity.js';

const what = "the workload's identity token";

const noIdentity = (message: string) =>
	new LoginError('config_error', message, {
		hint: ({identitySource = 'Elsewhere, name the variable or file that the platform puts the token in.'}) =>
			`On GitHub Actions, give the job the permission id-token: write. ${identitySource}`,
	});

/** GitHub Actions gives a job a token for the audience that it names. */
const askGitHub = async (context: RequestContext, audience: string, env: EnvironmentVariables): Promise<string> => {
	const {ACTIONS_ID_TOKEN_REQUEST_URL: address = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer = ''} = env;
	if (address === '' || bearer === '') throw noIdentity('This job has no identity token.');
	const url = checkUrl(address);
	if (typeof url === 'string') throw unusableUrl('ACTIONS_ID_TOKEN_REQUEST_URL', url, address, 'config_error');
	url.searchParams.set('audience', audience);
	return callServer(context, 'identity-token', async ({get, info}) => {
		const response = await get(url.href, {authorization: `Bearer ${bearer}`});
		const {status} = response;
		if (status >= 500 || status === 429) throw unusableResponse('', 'identity-token', info);
		const {value} = (status === 200 ? await response.json().catch(() => ({})) : {}) as {value?: unknown};
		if (typeof value === 'string') return checkGivenToken(value, what);
		throw noIdentity(`GitHub gave this job no identity token (HTTP ${status}).`);
	});
};

/**
 * The token that the workload has at this moment.
 *
 * @throws LoginError `config_error` where there is none
 */
export const readIdentityToken = async (
	context: RequestContext,
	env: EnvironmentVariables = process.env,
): Promise<string> => {
	const {workloadIdentity, issuer} = context.provider;
	// Others could write to the session, and it must not say both what to send and to which server.
	if (workloadIdentity === undefined) {
		throw new LoginError('config_error', "This session doesn't say where its workload identity comes from.", {
			hint: 'Sign in again.',
		});
	}

	const {source, audience = issuer} = workloadIdentity;
	if (source === undefined) return askGitHub(context, audience, env);
	if ('file' in source) return readToken(source.file, what);
	const token = env[source.env];
	if (token) return checkGivenToken(token, what);
	throw noIdentity(`The environment variable ${displayText(source.env, 60)}, which should hold ${what}, isn't set.`);
};

/** Where the identity is what proves the client, it does so in every request; each takes the token of that moment. */
export const authenticationByIdentity = (context: RequestContext): Pick<RequestContext, 'authentication'> =>
	formOf(context.provider) === 'client'
		? {
				authentication: async (...request) => byAssertion(await readIdentityToken(context))(...request),
			}
		: {};

/** Tokens for the program itself: a login's first ones, and each renewal's. */
export const requestOwnTokens = async (context: RequestContext, flow: OwnFlow): Promise<TokenSet> =>
	flow === 'client-credentials'
		? requestClientCredentials(context)
		: requestByIdentity(context, await readIdentityToken(context));
