import {createHash, randomBytes} from 'node:crypto';
import {systemClock, type Clock} from '../core/clock.js';
import {json, type Reply} from './response.js';
import type {ScriptedUser, ServerScript} from './server-script.js';
import {accessTokenHash, signJwt, type JsonObject, type SigningKey} from './signing-key.js';

/** A response of RFC 6749 §5.2. */
export class OAuthFailure extends Error {
	readonly reply: Reply;

	constructor(error: string, description?: string, status = 400, headers: Reply['headers'] = {}) {
		super(error);
		const reply = json({error, error_description: description}, status);
		this.reply = {...reply, headers: {...reply.headers, ...headers}};
	}
}

/** What a person, or a client by itself, allowed; its tokens live and die with it. */
type Grant = {
	readonly clientId: string;
	readonly scope: string;
	/** None for client credentials. */
	readonly user?: ScriptedUser;
	readonly nonce?: string;
	/** Epoch seconds. */
	readonly authTime: number;
	revoked: boolean;
};

/** An authorization code that was sent out (RFC 6749 §4.1.2). */
type IssuedCode = {
	readonly grant: Grant;
	readonly redirectUri: string;
	readonly challenge: string;
	readonly expiresAt: number;
	used: boolean;
};

/** A device authorization (RFC 8628 §3.2). */
export type IssuedDeviceCode = {
	readonly deviceCode: string;
	readonly userCode: string;
	readonly clientId: string;
	readonly scope: string;
	/** Seconds; slow_down adds five. */
	interval: number;
	expiresAt: number;
	/** By the monotonic clock. */
	lastPollAt?: number;
	slowDownNext: boolean;
	decision: 'pending' | 'denied' | Grant | 'used';
};

export const includesScope = (scope: string, value: string): boolean => scope.split(' ').includes(value);

const secret = (kind: string) => `${kind}-${randomBytes(24).toString('base64url')}`;

/** The letters of RFC 8628 §6.1: no vowels, so no words. */
const userCodeLetters = 'BCDFGHJKLMNPQRSTVWXZ';

/** The n-th user code: always the same, so that a test's picture of the screen is. */
const userCode = (serial: number): string => {
	const digest = createHash('sha256').update(`user code ${serial}`).digest();
	const letters = Array.from(digest.subarray(0, 8), byte => userCodeLetters[byte % userCodeLetters.length]);
	return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
};

/** The conforming server's memory: who was allowed what, and the tokens that stand for it. */
export class Grants {
	readonly devices: IssuedDeviceCode[] = [];
	readonly #script: ServerScript;
	readonly #issuer: string;
	readonly #codes = new Map<string, IssuedCode>();
	readonly #accessTokens = new Map<string, {readonly grant: Grant; readonly expiresAt: number}>();
	readonly #refreshTokens = new Map<string, {readonly grant: Grant; used: boolean}>();
	#signingKey: SigningKey;
	#formerKeys: readonly SigningKey[] = [];

	constructor(script: ServerScript, issuer: string, key: SigningKey) {
		this.#script = script;
		this.#issuer = issuer;
		this.#signingKey = key;
	}

	get clock(): Clock {
		return this.#script.clock ?? systemClock;
	}

	get user(): ScriptedUser {
		return this.#script.user ?? {sub: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true};
	}

	allow(clientId: string, scope: string, {user, nonce}: {user?: ScriptedUser; nonce?: string | null} = {}): Grant {
		return {clientId, scope, user, nonce: nonce ?? undefined, authTime: this.#seconds(), revoked: false};
	}

	issueCode(grant: Grant, redirectUri: string, challenge: string): string {
		const code = secret('code');
		const expiresAt = this.clock.now() + (this.#script.codeLifetime ?? 60) * 1000;
		this.#codes.set(code, {grant, redirectUri, challenge, expiresAt, used: false});
		return code;
	}

	/** RFC 6749 §4.1.3, RFC 7636 §4.6; a code that comes twice ends what the first one began (RFC 6749 §4.1.2). */
	redeemCode(clientId: string, parameters: URLSearchParams): Grant {
		const code = this.#codes.get(parameters.get('code') ?? '');
		if (code?.grant.clientId !== clientId) throw new OAuthFailure('invalid_grant', 'Unknown code');
		if (code.used) {
			code.grant.revoked = true;
			throw new OAuthFailure('invalid_grant', 'The code was used before');
		}

		code.used = true;
		if (this.clock.now() > code.expiresAt) throw new OAuthFailure('invalid_grant', 'The code has expired');
		if (parameters.get('redirect_uri') !== code.redirectUri) {
			throw new OAuthFailure('invalid_grant', 'redirect_uri differs from the one of the authorization request');
		}

		const challenge = createHash('sha256')
			.update(parameters.get('code_verifier') ?? '')
			.digest('base64url');
		if (challenge !== code.challenge) throw new OAuthFailure('invalid_grant', 'The code verifier does not match');
		return code.grant;
	}

	issueDeviceCode(clientId: string, scope: string): IssuedDeviceCode {
		const device: IssuedDeviceCode = {
			deviceCode: secret('device-code'),
			userCode: userCode(this.devices.length),
			clientId,
			scope,
			interval: this.#script.interval ?? 5,
			expiresAt: this.clock.now() + (this.#script.deviceCodeLifetime ?? 600) * 1000,
			slowDownNext: false,
			decision: 'pending',
		};
		this.devices.push(device);
		return device;
	}

	/** RFC 8628 §3.4 and §3.5. */
	redeemDeviceCode(clientId: string, deviceCode: string | null): Grant {
		const device = this.devices.find(device => device.deviceCode === deviceCode);
		if (device?.clientId !== clientId) throw new OAuthFailure('invalid_grant', 'Unknown device code');
		const now = this.clock.monotonic();
		const early = device.lastPollAt !== undefined && now - device.lastPollAt < device.interval * 1000;
		device.lastPollAt = now;
		if (this.clock.now() >= device.expiresAt) throw new OAuthFailure('expired_token');
		if (device.decision === 'denied') throw new OAuthFailure('access_denied');
		if (early || device.slowDownNext) {
			device.slowDownNext = false;
			device.interval += 5;
			throw new OAuthFailure('slow_down');
		}

		if (device.decision === 'pending') throw new OAuthFailure('authorization_pending');
		if (device.decision === 'used') throw new OAuthFailure('invalid_grant', 'The device code was used before');
		const grant = device.decision;
		device.decision = 'used';
		return grant;
	}

	/** RFC 6749 §6; with rotation, a refresh token that comes twice ends the grant (RFC 9700 §4.14.2). */
	redeemRefreshToken(clientId: string, parameters: URLSearchParams): {grant: Grant; refreshToken: string} {
		const refreshToken = parameters.get('refresh_token') ?? '';
		const known = this.#refreshTokens.get(refreshToken);
		if (known?.grant.clientId !== clientId || known.grant.revoked) throw new OAuthFailure('invalid_grant');
		if (known.used) {
			known.grant.revoked = true;
			throw new OAuthFailure('invalid_grant', 'The refresh token was used before');
		}

		const wanted = parameters.get('scope');
		if (wanted !== null && !wanted.split(' ').every(scope => includesScope(known.grant.scope, scope))) {
			throw new OAuthFailure('invalid_scope');
		}

		if (this.#script.rotateRefreshTokens ?? true) known.used = true;
		return {grant: known.grant, refreshToken};
	}

	issueAccessToken(grant: Grant, token = secret('access-token')): string {
		const lifetime = this.#lifetime() ?? 3600;
		this.#accessTokens.set(token, {grant, expiresAt: this.clock.now() + lifetime * 1000});
		return token;
	}

	issueRefreshToken(grant: Grant): string {
		const token = secret('refresh-token');
		this.#refreshTokens.set(token, {grant, used: false});
		return token;
	}

	/** The grant of an access token that holds now. */
	active(accessToken: string | null): Grant | undefined {
		const known = this.#accessTokens.get(accessToken ?? '');
		return known === undefined || known.grant.revoked || this.clock.now() >= known.expiresAt ? undefined : known.grant;
	}

	/** RFC 7009 §2.1: the whole grant goes with any of its tokens. */
	revoke(token: string): void {
		const grant = this.#accessTokens.get(token)?.grant ?? this.#refreshTokens.get(token)?.grant;
		if (grant !== undefined) grant.revoked = true;
	}

	/** The token response (RFC 6749 §5.1, OIDC Core §3.1.3.3). */
	tokens(
		grant: Grant,
		{refreshToken, refreshed = false}: {refreshToken?: string; refreshed?: boolean} = {},
	): JsonObject {
		const accessToken = this.issueAccessToken(grant);
		const rotates = this.#script.rotateRefreshTokens ?? true;
		const lasting = grant.user !== undefined && includesScope(grant.scope, 'offline_access');
		return {
			access_token: accessToken,
			token_type: 'Bearer',
			expires_in: this.#lifetime(),
			scope: grant.scope,
			refresh_token: lasting && (rotates || refreshToken === undefined) ? this.issueRefreshToken(grant) : undefined,
			id_token: includesScope(grant.scope, 'openid') ? this.#idToken(grant, accessToken, refreshed) : undefined,
		};
	}

	/** The JWKS: the former keys that still stand in it come first. */
	get keys(): readonly JsonObject[] {
		return [...this.#formerKeys, this.#signingKey].map(({publicJwk}) => ({...publicJwk}));
	}

	/** Signs with another key from now on. */
	replaceKey(key: SigningKey, keep: boolean): void {
		this.#formerKeys = keep ? [...this.#formerKeys, this.#signingKey] : [];
		this.#signingKey = key;
	}

	sign(claims: JsonObject): string {
		return signJwt(this.#signingKey, claims);
	}

	registeredClaims(): JsonObject {
		const now = this.#seconds();
		return {iss: this.#issuer, iat: now, exp: now + (this.#lifetime() ?? 3600)};
	}

	/** OIDC Core §2; without the nonce after a refresh (§12.2). */
	#idToken(
		{user, clientId, scope, authTime, nonce}: Grant,
		accessToken: string,
		refreshed: boolean,
	): string | undefined {
		if (user === undefined) return undefined;
		const claims = {
			...this.registeredClaims(),
			aud: clientId,
			auth_time: authTime,
			nonce: refreshed ? undefined : nonce,
			at_hash: accessTokenHash(accessToken),
			...userClaims(user, scope),
		};
		return signJwt(this.#signingKey, claims, this.#script.idToken);
	}

	#seconds(): number {
		return Math.floor(this.clock.now() / 1000);
	}

	#lifetime(): number | undefined {
		return 'accessTokenLifetime' in this.#script ? this.#script.accessTokenLifetime : 3600;
	}
}

/** The claims that the scope asks for (OIDC Core §5.4); those of no scope are always given. */
export const userClaims = (user: ScriptedUser, scope: string): JsonObject => {
	const scopeOf: Readonly<Record<string, string>> = {name: 'profile', email: 'email', email_verified: 'email'};
	return Object.fromEntries(
		Object.entries(user).filter(([claim]) => {
			const needed = scopeOf[claim];
			return needed === undefined || includesScope(scope, needed);
		}),
	);
};
