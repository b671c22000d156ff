/**
 * What people do about a failure, as far as it depends on the application. Each is a sentence, but for those that end
 * another; the defaults name no command and no option.
 */
export type Hints = {
	/** A login's time limit is over. */
	readonly moreTime: string;
	/** The ports of the redirect are taken. */
	readonly otherPort: string;
	/** The redirect's port may not be one that is registered: the end of a sentence. */
	readonly registeredPort: string;
	/** Someone else is signed in. */
	readonly switchAccount: string;
	/** The certificate of a server is not trusted. */
	readonly trustCertificate: string;
	/** The file of certificates to trust cannot be used. */
	readonly caFile: string;
	/** The client secret is not there. */
	readonly clientSecret: string;
	/** The server does not grant the scope. */
	readonly scope: string;
	/** The server wants sign-in requests pushed (RFC 9126). */
	readonly pushRequest: string;
	/** The provider does not say where its endpoints are: the end of a sentence. */
	readonly endpoints: string;
};

/** For an application that has none of its own. */
export const defaultHints: Hints = {
	moreTime: 'Start it again, or allow more time.',
	otherPort: 'Close the program that holds it, perhaps another sign-in, or use another port that is registered.',
	registeredPort: 'or use a port that is registered',
	switchAccount: 'To replace the session, sign in again and allow that, or use another profile.',
	trustCertificate: 'Behind a company proxy, name its certificate with NODE_EXTRA_CA_CERTS.',
	caFile: 'Name a file in PEM form: it holds lines such as -----BEGIN CERTIFICATE-----.',
	clientSecret: 'Name the client secret again.',
	scope: 'Ask for scopes that are allowed for this client.',
	pushRequest: 'Push the sign-in request: the client demands it (PAR).',
	endpoints: 'or give its endpoints by hand',
};

/** What to do next: a sentence, or one that is made in the words of an application. */
export type Hint = string | ((words: Hints) => string);

/** A hint as a sentence. */
export const sayHint = (hint: Hint, words: Hints): string => (typeof hint === 'string' ? hint : hint(words));

/** Why a browser may never have come back: the mistakes of a registration that only the browser shows. */
export const redirectAdvice = (redirectUri: string, {registeredPort}: Hints): string =>
	`If the browser showed an error about the redirect URI, register ${redirectUri} with the provider, ${registeredPort}; if about the client, check the client id.`;
