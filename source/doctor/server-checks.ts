import {omitUndefined} from '../core/clock.js';
import {type LoginErrorCode, toLoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {discover} from '../oauth/discovery.js';
import {clockSentence} from '../oauth/errors.js';
import {hardenedFetch} from '../oauth/hardened-fetch.js';
import type {ResolvedProvider} from '../oauth/provider.js';
import {clockAheadOf, type RequestContext} from '../oauth/request.js';
import {refreshTokens} from '../oauth/token-endpoint.js';
import {canRenew} from '../session/freshness.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import {isLive} from '../session/session-state.js';
import {createFetch} from '../terminal/proxy-fetch.js';
import {messages} from '../text/messages.js';
import {tellError, type Check, type Subject, type Tell} from './run-check.js';

/** With these nobody gets a token; any other error is a response of a token endpoint that knows the client. */
const failures: ReadonlySet<LoginErrorCode> = new Set([
	'invalid_client',
	'config_error',
	'network_error',
	'tls_error',
	'timeout',
	'server_unavailable',
	'internal_error',
]);

/** No server has given it to anyone, so that nothing is spent. */
const noToken = {accessToken: 'none', refreshToken: 'none', tokenType: 'bearer', issuedAt: 0, scope: ''};

/** Whether a client without a refresh token here has reason to be asked for one: GitHub's wants a secret for it alone. */
const isRefreshed = async ({store, profile}: Subject, {unsupportedFlows, clientSecret}: ResolvedProvider) => {
	if (clientSecret === undefined && unsupportedFlows?.browser !== undefined) return false;
	const stored = await store.read(profile).catch(() => undefined);
	return stored === undefined || canRenew(stored);
};

const client = async (subject: Subject, tell: Tell, context: RequestContext): Promise<void> => {
	const {provider} = context;
	if (!(await isRefreshed(subject, provider))) return;
	const known = `The server knows the client ${displayText(provider.clientId, 80)}.`;
	try {
		await refreshTokens(context, noToken);
		tell('ok', known, undefined, 'client');
	} catch (error) {
		const {code} = toLoginError(error);
		const tellHere: Tell = (status, message, remedy) => tell(status, message, remedy, 'client');
		if (failures.has(code)) tellError(tellHere, error, subject);
		else if (code === 'bad_response') tellError(tellHere, error, subject, 'warning');
		else tellHere('ok', code === 'invalid_grant' ? known : 'The token endpoint responds.');
	}
};

const flowNames = {
	browser: 'in the browser',
	device: 'with a code',
	'client-credentials': 'with client credentials',
	password: 'with a password',
} as const;

const server: Check['run'] = async (subject, tell, signal) => {
	const {clock, environment, options} = subject;
	const {provider, fetch: given, caFile} = options;
	if (provider === undefined) return;
	const reach = hardenedFetch({fetch: given ?? (await createFetch(environment, omitUndefined({caFile}))), clock});
	let clockAhead: number | undefined;
	const fetch: typeof reach = async (input, init) => {
		const response = await reach(input, init);
		clockAhead = clockAheadOf(response.headers, clock.now());
		return response;
	};
	const issuer = displayText(provider.issuer, 120);
	try {
		const resolved = await discover(provider, {fetch, clock, signal});
		const flows = Object.entries(flowNames).filter(([name]) => resolved.flows[name as keyof typeof flowNames] === true);
		const ways = new Intl.ListFormat('en', {type: 'disjunction'}).format(flows.map(([, text]) => text));
		tell('ok', `At ${issuer} you can sign in ${ways}.`);
		await client(subject, tell, {provider: resolved, fetch, clock, signal});
	} catch (error) {
		tellError(tell, error, subject);
	}

	if (clockAhead === undefined) return;
	const wrong = clockSentence({clockAhead});
	if (wrong === undefined) tell('ok', "This computer's clock agrees with the server's.", undefined, 'clock');
	else tell('problem', wrong, "Set this computer's clock.", 'clock');
};

const session: Check['run'] = async ({store, profile, clock, options}, tell) => {
	const {provider, signInHint = 'Sign in again.'} = options;
	const stored = await store.read(profile);
	for (const notice of store.notices) tell('warning', notice, signInHint);
	const name = displayText(profile, 60);
	if (stored === undefined) {
		tell(
			'warning',
			provider === undefined
				? `No server is known for "${name}", so only this computer was looked at.`
				: `Nobody is signed in to "${name}".`,
			signInHint,
		);
		return;
	}

	const difference = provider && differenceOf(stored, provider);
	if (difference !== undefined) tell('problem', anotherSession(profile, difference), signInHint);
	else if (!isLive(stored, clock.now())) tell('problem', `The session of "${name}" has ended.`, signInHint);
	else tell('ok', `${messages.end.signedIn(undefined, stored.tokens.identity).join(', ')} (profile "${name}").`);
};

/** What a login needs of the server, and what became of the last one. */
export const serverChecks: readonly Check[] = [
	{name: 'server', run: server},
	{name: 'session', waitsFor: 'keyring', run: session},
];
