import {generateKeyPairSync, randomBytes} from 'node:crypto';
import Provider, {errors, type Configuration, type KoaContextWithOIDC} from 'oidc-provider';
import type {DemoRequest, DemoServerOptions} from './demo-server-options.js';
import {deviceFlow, showFilledInCode} from './device-verification.js';
import {answerInteractions} from './interactions.js';
import {pageHeaders} from './page.js';
import {errorPage} from './pages.js';
import {passwordGrant, registerPasswordGrant} from './password-grant.js';
import {demoClientId, machineClient, personFor, serviceFor} from './registrations.js';
import {actorOf, registerTokenExchange, tokenExchangeGrant} from './token-exchange.js';

const hour = 3600;

/** The tests' OpenID provider: in memory, with keys of its own that live as long as it does. */
export const createAuthorizationServer = (
	issuer: string,
	options: DemoServerOptions,
	onRequest: (request: DemoRequest) => void,
): Provider => {
	// RS256 is what every client can verify (OpenID Connect Discovery §3).
	const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
	const signingKey = {...privateKey.export({format: 'jwk'}), kty: 'RSA', kid: 'demo', alg: 'RS256', use: 'sig'};
	const provider = new Provider(issuer, {...configuration(options), jwks: {keys: [signingKey]}});
	provider.use(async (ctx, next) => {
		ctx.set(pageHeaders);
		ctx.res.once('finish', () => {
			const {oidc} = ctx as Partial<KoaContextWithOIDC>;
			const grantType = oidc?.params?.['grant_type'];
			const {method, path, status} = ctx;
			onRequest({method, path, status, ...(typeof grantType === 'string' && {grantType})});
		});
		await next();
	});
	provider.use(answerInteractions(provider));
	provider.use(showFilledInCode(provider));
	registerTokenExchange(provider, publicKey);
	registerPasswordGrant(provider);
	return provider;
};

const configuration = ({
	accessTokenLifetime = 300,
	deviceCodeLifetime = 600,
	refreshTokenLifetime = 8 * hour,
	rotateRefreshToken = true,
	requirePushedAuthorizationRequests = false,
	clientMetadata = {},
}: DemoServerOptions): Configuration => ({
	clients: [
		{
			client_id: demoClientId,
			client_name: 'ink-login demo',
			application_type: 'native',
			token_endpoint_auth_method: 'none',
			response_types: ['code'],
			// Any port will do, as RFC 8252 §7.3 asks; the path must match.
			redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
			grant_types: [
				'authorization_code',
				'refresh_token',
				'urn:ietf:params:oauth:grant-type:device_code',
				tokenExchangeGrant,
				passwordGrant,
			],
			...clientMetadata,
		},
		{
			client_id: machineClient.clientId,
			client_secret: machineClient.clientSecret,
			client_name: 'ink-login demo machine',
			response_types: [],
			redirect_uris: [],
			grant_types: ['client_credentials', tokenExchangeGrant],
		},
	],
	cookies: {keys: [randomBytes(32).toString('hex')]},
	scopes: ['openid', 'offline_access', 'profile', 'email'],
	claims: {openid: ['sub'], profile: ['name'], email: ['email', 'email_verified']},
	// A command shows who signed in from the ID token, without a further request.
	conformIdTokenClaims: false,
	findAccount: (_ctx, accountId) => {
		const person = personFor(accountId);
		if (person === undefined) return undefined;
		return {
			accountId: person.login,
			claims: () => ({sub: person.login, name: person.name, email: person.email, email_verified: true}),
		};
	},
	extraTokenClaims: ctx => {
		const actor = actorOf(ctx);
		return actor && {act: actor};
	},
	rotateRefreshToken,
	ttl: {
		AccessToken: accessTokenLifetime,
		ClientCredentials: accessTokenLifetime,
		AuthorizationCode: 60,
		DeviceCode: deviceCodeLifetime,
		IdToken: hour,
		Interaction: deviceCodeLifetime,
		RefreshToken: refreshTokenLifetime,
		Session: 8 * hour,
		Grant: 8 * hour,
	},
	features: {
		clientCredentials: {enabled: true},
		devInteractions: {enabled: false},
		deviceFlow,
		introspection: {enabled: true},
		pushedAuthorizationRequests: {enabled: true, requirePushedAuthorizationRequests},
		resourceIndicators: {
			enabled: true,
			getResourceServerInfo: (_ctx, indicator) => {
				const service = serviceFor(indicator);
				if (service === undefined) throw new errors.InvalidTarget(`no such service: ${indicator}`);
				return {...service, accessTokenFormat: 'jwt', accessTokenTTL: accessTokenLifetime};
			},
		},
		revocation: {enabled: true},
		rpInitiatedLogout: {enabled: false},
	},
	interactions: {url: (_ctx, {uid}) => `/interaction/${uid}`},
	renderError: (ctx, out) => {
		ctx.type = 'html';
		ctx.body = errorPage(`${out.error_description ?? out.error}.`);
	},
});
