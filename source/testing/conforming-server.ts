import {randomBytes} from 'node:crypto';
import {json, htmlPage, type Reply, type ScriptedRequest} from './response.js';
import {includesScope, OAuthFailure, userClaims, type Grants} from './grants.js';
import {clientOf, grantedScope, type ServerEndpoint, type ServerScript} from './server-script.js';
import type {JsonObject} from './signing-key.js';
import {isLoopbackHost} from '../core/safe-url.js';

/** A name of OAuth's in the IETF's namespace (RFC 6755). */
const urn = (name: string): string => `urn:ietf:params:oauth:${name}`;

const onLoopback = (uri: URL): boolean => uri.protocol === 'http:' && isLoopbackHost(uri.hostname);

/** How the server responds unless the script says otherwise: OAuth 2.0 and OpenID Connect to the letter. */
export class ConformingServer {
	readonly grants: Grants;
	readonly #script: ServerScript;
	readonly #issuer: string;
	readonly #endpoints: Readonly<Record<ServerEndpoint, string>>;
	/** Requests that were pushed before the browser comes with them. */
	readonly #pushed = new Map<string, {readonly parameters: URLSearchParams; readonly expiresAt: number}>();

	constructor(
		script: ServerScript,
		issuer: string,
		endpoints: Readonly<Record<ServerEndpoint, string>>,
		grants: Grants,
	) {
		this.#script = script;
		this.#issuer = issuer;
		this.#endpoints = endpoints;
		this.grants = grants;
	}

	get #client() {
		return clientOf(this.#script);
	}

	readonly answer = (request: ScriptedRequest<ServerEndpoint>): Reply => {
		try {
			return this.#answer(request);
		} catch (error) {
			if (error instanceof OAuthFailure) return error.reply;
			throw error;
		}
	};

	#answer(request: ScriptedRequest<ServerEndpoint>): Reply {
		const {endpoint, method, parameters} = request;
		const reads = ['openidConfiguration', 'oauthMetadata', 'jwks', 'authorization', 'verification', 'userInfo'];
		if (method !== (reads.includes(endpoint) ? 'GET' : 'POST') && !(endpoint === 'userInfo' && method === 'POST')) {
			throw new OAuthFailure('invalid_request', 'Wrong method', 405);
		}

		switch (endpoint) {
			case 'openidConfiguration':
			case 'oauthMetadata': {
				const metadata = this.#metadata();
				return json(this.#script.metadata?.(metadata) ?? metadata);
			}
			case 'jwks':
				return json({keys: this.grants.keys});
			case 'authorization':
				return this.#authorize(parameters);
			case 'pushedAuthorization':
				this.#authenticate(request);
				return this.#push(parameters);
			case 'deviceAuthorization':
				return this.#authorizeDevice(this.#authenticate(request), parameters);
			case 'verification':
				return htmlPage('Approve the code from the test: <code>server.approve()</code>.');
			case 'token':
				return json(this.#token(this.#authenticate(request), parameters));
			case 'userInfo':
				return this.#userInfo(request);
			case 'revocation':
				this.#authenticate(request);
				this.grants.revoke(parameters.get('token') ?? '');
				return {status: 200, headers: {}, body: ''};
		}
	}

	/** RFC 8414 §2, OIDC Discovery §3. */
	#metadata(): JsonObject {
		return {
			issuer: this.#issuer,
			authorization_endpoint: this.#endpoints.authorization,
			token_endpoint: this.#endpoints.token,
			device_authorization_endpoint: this.#endpoints.deviceAuthorization,
			pushed_authorization_request_endpoint: this.#endpoints.pushedAuthorization,
			require_pushed_authorization_requests: this.#script.requirePushedAuthorization ?? false,
			userinfo_endpoint: this.#endpoints.userInfo,
			revocation_endpoint: this.#endpoints.revocation,
			jwks_uri: this.#endpoints.jwks,
			scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
			response_types_supported: ['code'],
			response_modes_supported: ['query'],
			grant_types_supported: [
				'authorization_code',
				'refresh_token',
				'client_credentials',
				'password',
				urn('grant-type:device_code'),
				urn('grant-type:token-exchange'),
			],
			code_challenge_methods_supported: ['S256'],
			token_endpoint_auth_methods_supported:
				this.#client.secret === undefined ? ['none'] : ['client_secret_post', 'client_secret_basic'],
			subject_types_supported: ['public'],
			id_token_signing_alg_values_supported: ['RS256'],
			authorization_response_iss_parameter_supported: true,
		};
	}

	/** RFC 6749 §2.3: by Basic or in the body; a public client names itself only. */
	#authenticate({headers, parameters}: ScriptedRequest): string {
		const {id, secret} = this.#client;
		const [scheme = '', credentials = ''] = (headers['authorization'] ?? '').split(' ');
		const basic = scheme.toLowerCase() === 'basic';
		const [name, given] = basic
			? Buffer.from(credentials, 'base64')
					.toString()
					.split(':')
					.map(part => new URLSearchParams(`part=${part}`).get('part'))
			: [parameters.get('client_id'), parameters.get('client_secret')];
		if (name === id && (secret === undefined || given === secret)) return id;
		throw basic
			? new OAuthFailure('invalid_client', undefined, 401, {'www-authenticate': 'Basic realm="scripted"'})
			: new OAuthFailure('invalid_client', undefined, 401);
	}

	/** RFC 6749 §4.1.1: nothing goes to a redirect URI that is not the client's. */
	#authorize(query: URLSearchParams): Reply {
		const requestUri = query.get('request_uri');
		const pushed = requestUri === null ? undefined : this.#pushed.get(requestUri);
		if (requestUri !== null) {
			this.#pushed.delete(requestUri);
			if (pushed === undefined || this.grants.clock.now() > pushed.expiresAt) {
				return htmlPage('This request_uri is unknown, used or expired.', 400);
			}
		} else if (this.#script.requirePushedAuthorization) {
			return htmlPage('Requests must be pushed (RFC 9126 §5).', 400);
		}

		const parameters = pushed?.parameters ?? query;
		const refusal = this.#refusal(parameters);
		if (refusal !== undefined) return htmlPage(refusal, 400);
		const redirect = new URL(parameters.get('redirect_uri') ?? '');
		const answer = new URLSearchParams(this.#authorizationResponse(parameters));
		const state = parameters.get('state');
		if (state !== null) answer.set('state', state);
		answer.set('iss', this.#issuer);
		for (const [name, value] of this.#script.callback?.(answer) ?? answer) {
			redirect.searchParams.append(name, value);
		}

		return {status: 302, headers: {location: redirect.href, 'cache-control': 'no-store'}, body: undefined};
	}

	/** Why there is no redirect at all. */
	#refusal(parameters: URLSearchParams): string | undefined {
		if (parameters.get('client_id') !== this.#client.id) return 'This client is unknown.';
		const redirectUri = parameters.get('redirect_uri') ?? '';
		return URL.canParse(redirectUri) && (this.#script.redirectAllowed ?? onLoopback)(new URL(redirectUri))
			? undefined
			: 'This redirect URI is not registered.';
	}

	#authorizationResponse(parameters: URLSearchParams): Record<string, string> {
		if (parameters.get('response_type') !== 'code') return {error: 'unsupported_response_type'};
		const challenge = parameters.get('code_challenge');
		if (!challenge || parameters.get('code_challenge_method') !== 'S256') {
			return {error: 'invalid_request', error_description: 'PKCE with S256 is required'};
		}

		const {user} = this.grants;
		const scope = grantedScope(this.#script, parameters);
		const grant = this.grants.allow(this.#client.id, scope, {user, nonce: parameters.get('nonce')});
		return {code: this.grants.issueCode(grant, parameters.get('redirect_uri') ?? '', challenge)};
	}

	/** RFC 9126 §2. */
	#push(parameters: URLSearchParams): Reply {
		const refusal = this.#refusal(parameters);
		if (refusal !== undefined || parameters.has('request_uri')) {
			throw new OAuthFailure('invalid_request', refusal);
		}

		const lifetime = 60;
		const requestUri = urn(`request_uri:${randomBytes(24).toString('base64url')}`);
		const expiresAt = this.grants.clock.now() + lifetime * 1000;
		this.#pushed.set(requestUri, {parameters, expiresAt});
		return json({request_uri: requestUri, expires_in: lifetime}, 201);
	}

	/** RFC 8628 §3.2. */
	#authorizeDevice(clientId: string, parameters: URLSearchParams): Reply {
		const device = this.grants.issueDeviceCode(clientId, grantedScope(this.#script, parameters));
		const complete = new URL(this.#endpoints.verification);
		complete.searchParams.set('user_code', device.userCode);
		const silent = 'interval' in this.#script && this.#script.interval === undefined;
		return json({
			device_code: device.deviceCode,
			user_code: device.userCode,
			verification_uri: this.#endpoints.verification,
			verification_uri_complete: complete.href,
			expires_in: this.#script.deviceCodeLifetime ?? 600,
			interval: silent ? undefined : device.interval,
		});
	}

	#token(clientId: string, parameters: URLSearchParams): JsonObject {
		const {grants} = this;
		const scope = parameters.get('scope') ?? '';
		switch (parameters.get('grant_type')) {
			case 'authorization_code':
				return grants.tokens(grants.redeemCode(clientId, parameters));
			case urn('grant-type:device_code'):
				return grants.tokens(grants.redeemDeviceCode(clientId, parameters.get('device_code')));
			case 'refresh_token': {
				const {grant, refreshToken} = grants.redeemRefreshToken(clientId, parameters);
				return grants.tokens(grant, {refreshToken, refreshed: true});
			}
			case 'client_credentials':
				if (this.#client.secret === undefined) throw new OAuthFailure('unauthorized_client');
				return grants.tokens(grants.allow(clientId, scope));
			case 'password': {
				const {username, password} = this.#script.password ?? {username: 'ada', password: 'analytical engine'};
				if (parameters.get('username') !== username || parameters.get('password') !== password) {
					throw new OAuthFailure('invalid_grant', 'Wrong user name or password');
				}

				return grants.tokens(grants.allow(clientId, grantedScope(this.#script, parameters), {user: grants.user}));
			}
			case urn('grant-type:token-exchange'):
				return this.#exchange(clientId, parameters);
			default:
				throw new OAuthFailure('unsupported_grant_type');
		}
	}

	/** RFC 8693 §2.2: a JWT access token for the audience, with `act` where someone acts for the subject (§4.1). */
	#exchange(clientId: string, parameters: URLSearchParams): JsonObject {
		const {grants} = this;
		const subject = grants.active(parameters.get('subject_token'));
		if (subject === undefined) throw new OAuthFailure('invalid_request', 'The subject token is not valid');
		const accessTokenType = urn('token-type:access_token');
		const wanted = parameters.get('requested_token_type') ?? accessTokenType;
		if (wanted !== accessTokenType && wanted !== urn('token-type:jwt')) {
			throw new OAuthFailure('invalid_request', 'Only access tokens are given');
		}

		const scope = parameters.get('scope') ?? subject.scope;
		if (!scope.split(' ').every(value => value === '' || includesScope(subject.scope, value))) {
			throw new OAuthFailure('invalid_scope');
		}

		const audience = [...parameters.getAll('audience'), ...parameters.getAll('resource')];
		const {user} = subject;
		const registered = grants.registeredClaims();
		const token = grants.sign({
			...registered,
			sub: user?.sub ?? clientId,
			aud: audience.length === 1 ? audience[0] : audience,
			client_id: clientId,
			scope,
			jti: randomBytes(12).toString('base64url'),
			act: parameters.has('actor_token') ? {sub: clientId} : undefined,
		});
		grants.issueAccessToken(grants.allow(clientId, scope, user && {user}), token);
		return {
			access_token: token,
			issued_token_type: wanted,
			token_type: 'Bearer',
			expires_in: Number(registered['exp']) - Number(registered['iat']),
			scope,
		};
	}

	/** OIDC Core §5.3, RFC 6750 §3. */
	#userInfo({headers}: ScriptedRequest): Reply {
		const [scheme = '', token = ''] = (headers['authorization'] ?? '').split(' ');
		const grant = scheme.toLowerCase() === 'bearer' ? this.grants.active(token) : undefined;
		if (grant?.user === undefined) {
			throw new OAuthFailure('invalid_token', undefined, 401, {'www-authenticate': 'Bearer error="invalid_token"'});
		}

		return json(userClaims(grant.user, grant.scope));
	}
}
