import {LoginError} from '../engine/login-error.js';
import type {TokenSet} from '../engine/token-set.js';
import {loginText, type Engine} from './command.js';
import {accessTokenOf, type PrintableToken} from './printable-token.js';

type Request = {
	readonly engine: Engine;
	readonly profile: string;
	readonly signal: AbortSignal;
	readonly now: () => number;
};

/** Milliseconds that a token must remain valid: it has to reach a server and be looked at there. */
const margin = 60_000;

const freshIdToken = async ({engine, profile, signal, now}: Request): Promise<PrintableToken> => {
	// An ID token has a lifetime of its own, often shorter than the access token's.
	const pick = ({idToken, claims}: TokenSet) => {
		if (idToken === undefined || claims === undefined) {
			throw new LoginError('config_error', 'This session has no ID token.', {
				hint: `Sign in at an OpenID Connect server with openid in the scope: ${loginText(profile)} --scope "openid …"`,
			});
		}

		return {token: idToken, type: 'id', tokenType: 'bearer', expiresAt: claims.exp * 1000};
	};
	const present = pick(await engine.tokens({signal}));
	if (present.expiresAt - now() > margin) return present;
	const renewed = pick(await engine.tokens({signal, forceRefresh: true}));
	if (renewed.expiresAt > now()) return renewed;
	throw new LoginError('expired_token', 'The ID token has expired, and the server gives no new one at a refresh.', {
		hint: `Sign in again: ${loginText(profile)}`,
	});
};

/** A token of the session that is fresh, renewed where needed. */
export const sessionToken = async (type: 'access' | 'id', request: Request): Promise<PrintableToken> =>
	type === 'id' ? freshIdToken(request) : accessTokenOf(await request.engine.tokens({signal: request.signal}));
