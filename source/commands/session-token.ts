import {LoginError} from '../engine/login-error.js';
import {loginText, type Engine} from './command.js';
import {accessTokenOf, type PrintableToken} from './printable-token.js';

type Request = {
	readonly engine: Engine;
	readonly profile: string;
	readonly signal: AbortSignal;
	readonly now: () => number;
};

const freshIdToken = async ({engine, profile, signal, now}: Request): Promise<PrintableToken> => {
	const {idToken, claims} = await engine.tokens({signal, type: 'id'});
	if (idToken === undefined || claims === undefined) {
		throw new LoginError('config_error', 'This session has no ID token.', {
			hint: `Sign in at an OpenID Connect server with openid in the scope: ${loginText(profile)} --scope "openid …"`,
		});
	}

	const expiresAt = claims.exp * 1000;
	if (expiresAt > now()) return {token: idToken, type: 'id', tokenType: 'bearer', expiresAt};
	throw new LoginError('expired_token', 'The ID token has expired, and the server gives no new one at a refresh.', {
		hint: `Sign in again: ${loginText(profile)}`,
	});
};

/** A token of the session that is fresh, renewed where needed. */
export const sessionToken = async (type: 'access' | 'id', request: Request): Promise<PrintableToken> =>
	type === 'id' ? freshIdToken(request) : accessTokenOf(await request.engine.tokens({signal: request.signal}));
