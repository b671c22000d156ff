import {LoginError} from './login-error.js';

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
	/** Somebody else is signed in. */
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

/** Where an error arises, its hint is made of these. */
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

/** An error on its way out: the application's own sentences take the place of the defaults. */
export const inWordsOf = (hints: Partial<Hints> | undefined, error: LoginError): LoginError => {
	if (hints === undefined) return error;
	let {hint} = error;
	for (const [name, sentence] of Object.entries(hints))
		hint = hint.replace(defaultHints[name as keyof Hints], () => sentence);
	const {code, message, endpoint, status} = error;
	return hint === error.hint ? error : new LoginError(code, message, {hint, endpoint, status});
};
