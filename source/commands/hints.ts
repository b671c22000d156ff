import type {Hints} from '../engine/hints.js';

/** What people of this command do about a failure: with its options. */
export const hints: Hints = {
	moreTime: 'Start it again, or allow more time with --timeout.',
	otherPort: 'Close the program that holds it, perhaps another sign-in, or give another registered port with --port.',
	registeredPort: 'or use a port that is registered (--port)',
	switchAccount: 'To replace the session, sign in again with --switch-account, or use another profile.',
	trustCertificate: 'Behind a company proxy, name its certificate with --ca-file or NODE_EXTRA_CA_CERTS.',
	caFile: 'Name one with --ca-file F, in PEM form: it holds lines such as -----BEGIN CERTIFICATE-----.',
	endpoints: 'or give its endpoints with --endpoint NAME=URL',
	clientSecret: 'Name the client secret again with --client-secret-file F or --client-secret-env NAME.',
	scope: 'Ask for scopes that are allowed for this client, with --scope.',
	pushRequest: 'Push the sign-in request with --par: the client demands it.',
};
