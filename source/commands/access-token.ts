import type {TokenSet} from '../engine/token-set.js';
import type {PrintableToken} from './token-format.js';

/** A session's access token, to be printed. */
export const accessTokenOf = ({accessToken, tokenType, expiresAt, scope}: TokenSet): PrintableToken => ({
	token: accessToken,
	type: 'access',
	tokenType,
	...(expiresAt !== undefined && {expiresAt}),
	scope,
});
