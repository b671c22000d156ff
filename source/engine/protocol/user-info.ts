import {processUserInfoResponse, skipSubjectCheck, userInfoRequest} from 'oauth4webapi';
import type {RequestContext} from '../flow.js';
import {LoginError} from '../login-error.js';
import type {UserInfo} from '../user-info.js';
import type {TokenSet} from '../token-set.js';
import {toIdentity} from './id-token.js';
import {askIdentity} from './identity-mapping.js';
import {callServer} from './server-call.js';
import {verifySignature} from './server-keys.js';

const noUserInfo = () =>
	new LoginError('config_error', 'This provider has no address that says who is signed in.', {
		hint: 'Ask for the scope openid, so that the ID token says it.',
	});

/**
 * Asks the server who is signed in (OIDC Core §5.3). The answer counts only if it is about the person of the ID token;
 * a signed one has its signature verified.
 *
 * @throws LoginError `token_rejected`, `identity_check_failed`; `config_error` where there is nobody to ask
 */
export const fetchUserInfo = async (context: RequestContext, tokens: TokenSet): Promise<UserInfo> => {
	const {provider} = context;
	const {server} = provider;
	const from = provider.identity?.from;
	if (server.userinfo_endpoint === undefined) {
		if (from === undefined || !('url' in from)) throw noUserInfo();
		const {identity, claims} = await askIdentity(context, from.url, tokens.accessToken);
		if (identity === undefined) throw noUserInfo();
		return {identity, claims};
	}

	return callServer(context, 'user-info', async ({client, options, facts}) => {
		const response = await userInfoRequest(server, client, tokens.accessToken, options);
		const subject = tokens.claims?.sub ?? skipSubjectCheck;
		const claims = await processUserInfoResponse(server, client, subject, response);
		if (response.headers.get('content-type') === 'application/jwt') await verifySignature(context, response, facts);
		const issuer = tokens.claims?.iss ?? server.issuer;
		return {
			identity: toIdentity(issuer, claims.sub, {
				name: claims.name ?? claims.preferred_username,
				email: claims.email,
				emailVerified: claims.email_verified,
			}),
			claims: {...claims},
		};
	});
};
