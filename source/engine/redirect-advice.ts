import {defaultHints} from './hints.js';

/** Why a browser may never have come back: the mistakes of a registration that only the browser shows. */
export const redirectAdvice = (redirectUri: string): string =>
	`If the browser showed an error about the redirect address, register ${redirectUri} with the provider, ${defaultHints.registeredPort}; if about the client, check the client id.`;
