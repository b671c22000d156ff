/** An RFC 8693 request; the subject is the session's access token. */
export type ExchangeRequest = {
	/** The service that the token is for, as the server calls it. */
	readonly audience?: string | readonly string[];
	/** RFC 8707: its address. */
	readonly resource?: string | readonly string[];
	/** Space separated. */
	readonly scope?: string;
	/** @default the server's own choice */
	readonly requestedTokenType?: string;
	/** Delegation: who acts for the subject. */
	readonly actorToken?: {readonly token: string; readonly type: string};
	readonly signal?: AbortSignal;
};

/** The response to a token exchange (RFC 8693 §2.2.1). */
export type ExchangedToken = {
	readonly token: string;
	/** Its type, a URN (RFC 8693 §3). */
	readonly issuedTokenType: string;
	/** Lower-cased; `n_a` is not a bearer token (RFC 8693 §2.2.1). */
	readonly tokenType: string;
	/** Epoch milliseconds; missing where the server does not say. */
	readonly expiresAt?: number;
	/** Granted scope, space separated. */
	readonly scope: string;
	/** Who acts, by the token's own `act` claim: for display only. */
	readonly actingParty?: string;
};
