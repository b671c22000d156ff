/** How the authorization server is to behave; tests shorten and tighten the defaults. */
export type DemoServerOptions = {
	/** Loopback port to listen on. @default a free one */
	readonly port?: number;
	/** Seconds that an access token lives. @default 300 */
	readonly accessTokenLifetime?: number;
	/** Seconds that a device code lives. @default 600 */
	readonly deviceCodeLifetime?: number;
	/** Seconds that a refresh token lives. @default 28800 */
	readonly refreshTokenLifetime?: number;
	/** Whether each refresh hands out a new refresh token and makes a second use of the old one fatal. @default true */
	readonly rotateRefreshToken?: boolean;
	/** Whether authorization requests must be pushed first (RFC 9126). @default false */
	readonly requirePushedAuthorizationRequests?: boolean;
	/** Client metadata (RFC 7591 names) that replaces the public client's own. */
	readonly clientMetadata?: Readonly<Record<string, unknown>>;
};

/** One answered request; it holds no query, body or header, so nothing secret. */
export type DemoRequest = {
	readonly method: string;
	readonly path: string;
	readonly status: number;
	readonly grantType?: string;
};

/** What the server's process tells the one that started it. */
export type DemoServerMessage =
	| {readonly type: 'listening'; readonly issuer: string}
	| {readonly type: 'failed'; readonly reason: string}
	| {readonly type: 'request'; readonly request: DemoRequest};
