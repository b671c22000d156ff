import {processUserInfoResponse, skipSubjectCheck, userInfoRequest} from 'oauth4webapi';
import {unusableResponse} from './errors.js';
import {toIdentity, verifySignature} from './id-token.js';
import {callServer, type RequestContext} from './request.js';
import {displayText} from '../core/safe-text.js';
import {hasCode, LoginError} from '../core/errors.js';
import {type TokenSet} from './token-set.js';
import {isObject, type Identity} from '../core/types.js';

type Members = Readonly<Record<string, unknown>>;

const read = (members: Members, name: string | undefined): string | undefined => {
	const value = name !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
	return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

/** Who it is by the words of a server without ID tokens: for display only. Undefined where it does not say. */
const mapIdentity = ({provider}: RequestContext, source: unknown): Identity | undefined => {
	if (provider.identity === undefined || !isObject(source)) return undefined;
	const {subject, name, email} = provider.identity;
	const found = read(source, subject);
	if (found === undefined || !/^[\x20-\x7E]{1,255}$/.test(found)) return undefined;
	return toIdentity(provider.issuer, found, {name: read(source, name), email: read(source, email)});
};

/** Asks the provider's own address with the token, as GitHub's `/user`. */
const askIdentity = async (
	context: RequestContext,
	url: string,
	accessToken: string,
): Promise<{readonly identity?: Identity; readonly claims: Members}> => {
	return callServer(context, 'user-info', async ({get, info}) => {
		const response = await get(url, {authorization: `Bearer ${accessToken}`});
		const claims: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
		if (isObject(claims)) return {identity: mapIdentity(context, claims), claims};
		throw unusableResponse("it isn't what was asked for", 'user-info', info);
	});
};

/** Claims of the userinfo endpoint, its `sub` compared with the ID token's (OIDC Core §5.3.2). */
export type UserInfo = {
	readonly identity: Identity;
	/** All that the server said, as it said it: not fit to be shown without `displayText`. */
	readonly claims: Readonly<Record<string, unknown>>;
};

const noUserInfo = ({provider: {server}}: RequestContext, {identity}: TokenSet) =>
	new LoginError('config_error', 'This provider has no userinfo endpoint.', {
		hint:
			identity !== undefined
				? "The server said who you are when you signed in, and can't be asked again."
				: server.jwks_uri === undefined
					? "The server doesn't use OpenID Connect, so the token doesn't say who you are."
					: 'Ask for the scope openid, so that the ID token says who you are.',
	});

/** The server refuses the token here and maybe nowhere else, as one for a service or without openid (OIDC Core §5.3.1). */
const notForUserInfo = ({provider}: RequestContext, {scope}: TokenSet, error: LoginError): LoginError => {
	const service = provider.audience ?? provider.resource?.join(' ');
	const hint =
		service === undefined
			? 'Sign in again and ask for the scope openid.'
			: `The token is for ${displayText(service, 80)}. To ask who you are, sign in without naming a service.`;
	if (service === undefined && scope.split(' ').includes('openid')) return error;
	const {endpoint, status} = error;
	return new LoginError('token_rejected', "The userinfo endpoint doesn't accept this token.", {
		hint,
		endpoint,
		status,
	});
};

/**
 * Asks the server who is signed in (OIDC Core §5.3). The response counts only if it is about the person of the ID token;
 * a signed one has its signature verified.
 *
 * @throws LoginError `token_rejected`, `identity_check_failed`; `config_error` where there is nobody to ask
 */
export const fetchUserInfo = async (context: RequestContext, tokens: TokenSet): Promise<UserInfo> => {
	const {provider} = context;
	const {server} = provider;
	const from = provider.identity?.from;
	const ownUrl = from !== undefined && 'url' in from ? from.url : undefined;
	if (server.userinfo_endpoint === undefined || (ownUrl !== undefined && tokens.claims === undefined)) {
		if (ownUrl === undefined) throw noUserInfo(context, tokens);
		const {identity, claims} = await askIdentity(context, ownUrl, tokens.accessToken);
		if (identity === undefined) throw noUserInfo(context, tokens);
		return {identity, claims};
	}

	try {
		return await askUserInfo(context, tokens);
	} catch (error) {
		const isRefused = hasCode(error, 'token_rejected');
		throw isRefused ? notForUserInfo(context, tokens, error) : error;
	}
};

const askUserInfo = async (context: RequestContext, tokens: TokenSet): Promise<UserInfo> => {
	const {server} = context.provider;
	return callServer(context, 'user-info', async ({client, options, info}) => {
		const response = await userInfoRequest(server, client, tokens.accessToken, options);
		const subject = tokens.claims?.sub ?? skipSubjectCheck;
		const claims = await processUserInfoResponse(server, client, subject, response);
		if (response.headers.get('content-type') === 'application/jwt') await verifySignature(context, response, info);
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

/** Milliseconds that a login waits for a name where it is known who it is. */
const patience = 3000;

/**
 * Who signed in: by the ID token, else by what the settings know. Many servers have name and e-mail address at userinfo
 * only (OIDC Core §5.4). A login is complete without them, so no failure to ask ends it.
 */
export const findIdentity = async (
	context: RequestContext,
	tokens: TokenSet,
	response: Readonly<Record<string, unknown>>,
): Promise<Identity | undefined> => {
	const {provider, clock, signal} = context;
	const {identity, scope} = tokens;
	const from = provider.identity?.from;
	if (identity === undefined && from !== undefined && 'tokenResponse' in from) {
		return mapIdentity(context, response[from.tokenResponse]);
	}

	const promisesName = /(?:^| )(?:profile|email)(?: |$)/.test(scope) && provider.server.userinfo_endpoint !== undefined;
	const asks = identity === undefined ? from !== undefined : promisesName && !isNamed(identity);
	if (!asks) return identity;
	const limit = new AbortController();
	if (identity !== undefined) {
		clock.sleep(patience, limit.signal).then(
			() => limit.abort(),
			() => undefined,
		);
	}

	try {
		return (await fetchUserInfo({...context, signal: AbortSignal.any([signal, limit.signal])}, tokens)).identity;
	} catch {
		return identity;
	} finally {
		limit.abort();
	}
};

/** Whether it holds more than who it is to the server. */
export const isNamed = ({name, email}: Identity): boolean => name !== undefined || email !== undefined;
