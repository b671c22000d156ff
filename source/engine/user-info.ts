import type {Identity} from './login-event.js';

/** Claims of the userinfo endpoint, its `sub` compared with the ID token's (OIDC Core §5.3.2). */
export type UserInfo = {
	readonly identity: Identity;
	/** All that the server said, as it said it: not fit to be shown without `displayText`. */
	readonly claims: Readonly<Record<string, unknown>>;
};
