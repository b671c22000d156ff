import type {TokenSet} from '../engine/token-set.js';

/** A token to be printed. */
export type PrintableToken = {
	readonly token: string;
	/** `access`, `id`, or the URN of a token type (RFC 8693 §3). */
	readonly type: string;
	/** How it is used, lower-cased: `bearer`, or `n_a` where it is no access token (RFC 8693 §2.2.1). */
	readonly tokenType: string;
	/** Epoch milliseconds. */
	readonly expiresAt?: number;
	readonly scope?: string;
	readonly actingParty?: string;
};

/** A session's access token, to be printed. */
export const accessTokenOf = ({accessToken, tokenType, expiresAt, scope}: TokenSet): PrintableToken => ({
	token: accessToken,
	type: 'access',
	tokenType,
	...(expiresAt !== undefined && {expiresAt}),
	scope,
});
