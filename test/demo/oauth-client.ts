import type {DemoServer} from '../../source/demo/start-demo-server.js';

export type ScriptedResponse = {readonly status: number} & Partial<Record<string, string>> & {expires_in?: number};

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 7636 Appendix B. */
export const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** A client of few words, so that the server is judged by requests that can be read here. */
export const clientOf = ({
	issuer,
	clientId,
	machineClient,
}: Pick<DemoServer, 'issuer' | 'clientId' | 'machineClient'>) => {
	const post = async (path: string, parameters: Record<string, string>, headers: Record<string, string> = {}) => {
		const response = await fetch(new URL(path, issuer), {
			method: 'POST',
			body: new URLSearchParams(parameters),
			headers,
		});
		const text = await response.text();
		return {status: response.status, ...(text && (JSON.parse(text) as object))} as ScriptedResponse;
	};
	const secret = Buffer.from(`${machineClient.clientId}:${machineClient.clientSecret}`).toString('base64');
	return {
		deviceAuthorization: async (scope = 'openid profile email offline_access') =>
			post('/device/auth', {client_id: clientId, scope}),
		token: async (parameters: Record<string, string>) => post('/token', {client_id: clientId, ...parameters}),
		machineToken: async (parameters: Record<string, string>) =>
			post('/token', parameters, {authorization: `Basic ${secret}`}),
		revoke: async (token: string) => post('/token/revocation', {client_id: clientId, token}),
		userInfo: async (accessToken: string) => {
			const response = await fetch(new URL('/me', issuer), {headers: {authorization: `Bearer ${accessToken}`}});
			return {status: response.status, body: (await response.json()) as unknown};
		},
		authorizationUrl: (redirectUri: string, parameters: Record<string, string> = {}) => {
			const url = new URL('/auth', issuer);
			url.search = new URLSearchParams({
				client_id: clientId,
				response_type: 'code',
				redirect_uri: redirectUri,
				scope: 'openid profile email offline_access',
				prompt: 'consent',
				state: 'the-state',
				code_challenge: codeChallenge,
				code_challenge_method: 'S256',
				...parameters,
			}).toString();
			return url.href;
		},
	};
};

export const claimsOf = (token: string | undefined) =>
	JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
