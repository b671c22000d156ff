import {randomBytes} from 'node:crypto';
import {isLoopbackHost} from '../core/safe-url.js';
import {html, json, type Reply} from './response.js';
import {OAuthFailure, type Grants} from './grants.js';
import {clientOf, grantedScope, type ServerScript} from './server-script.js';
import {urn} from './urn.js';

const onLoopback = (uri: URL): boolean => uri.protocol === 'http:' && isLoopbackHost(uri.hostname);

/** Where the browser goes, and where requests are pushed to before it does. */
export class AuthorizationEndpoint {
	readonly #script: ServerScript;
	readonly #issuer: string;
	readonly #grants: Grants;
	readonly #pushed = new Map<string, {readonly parameters: URLSearchParams; readonly expiresAt: number}>();

	constructor(script: ServerScript, issuer: string, grants: Grants) {
		this.#script = script;
		this.#issuer = issuer;
		this.#grants = grants;
	}

	/** RFC 6749 §4.1.1: nothing goes to a redirect URI that is not the client's. */
	authorize(query: URLSearchParams): Reply {
		const requestUri = query.get('request_uri');
		const pushed = requestUri === null ? undefined : this.#pushed.get(requestUri);
		if (requestUri !== null) {
			this.#pushed.delete(requestUri);
			if (pushed === undefined || this.#grants.clock.now() > pushed.expiresAt) {
				return html('This request_uri is unknown, used or expired.', 400);
			}
		} else if (this.#script.requirePushedAuthorization) {
			return html('Requests must be pushed (RFC 9126 §5).', 400);
		}

		const parameters = pushed?.parameters ?? query;
		const refusal = this.#refusal(parameters);
		if (refusal !== undefined) return html(refusal, 400);
		const redirect = new URL(parameters.get('redirect_uri') ?? '');
		const answer = new URLSearchParams(this.#authorizationResponse(parameters));
		const state = parameters.get('state');
		if (state !== null) answer.set('state', state);
		answer.set('iss', this.#issuer);
		for (const [name, value] of (this.#script.callback ?? (parameters => parameters))(answer)) {
			redirect.searchParams.append(name, value);
		}

		return {status: 302, headers: {location: redirect.href, 'cache-control': 'no-store'}, body: undefined};
	}

	/** Why there is no redirect at all. */
	#refusal(parameters: URLSearchParams): string | undefined {
		if (parameters.get('client_id') !== clientOf(this.#script).id) return 'This client is unknown.';
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

		const {user} = this.#grants;
		const scope = grantedScope(this.#script, parameters);
		const grant = this.#grants.allow(clientOf(this.#script).id, scope, {user, nonce: parameters.get('nonce')});
		return {code: this.#grants.issueCode(grant, parameters.get('redirect_uri') ?? '', challenge)};
	}

	/** RFC 9126 §2. */
	push(parameters: URLSearchParams): Reply {
		const refusal = this.#refusal(parameters);
		if (refusal !== undefined || parameters.has('request_uri')) {
			throw new OAuthFailure('invalid_request', refusal);
		}

		const lifetime = 60;
		const requestUri = urn(`request_uri:${randomBytes(24).toString('base64url')}`);
		const expiresAt = this.#grants.clock.now() + lifetime * 1000;
		this.#pushed.set(requestUri, {parameters, expiresAt});
		return json({request_uri: requestUri, expires_in: lifetime}, 201);
	}
}
