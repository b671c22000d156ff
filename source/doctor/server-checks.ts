import {omitUndefined} from '../core/clock.js';
import {type LoginErrorCode, toLoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {discover} from '../oauth/discovery.js';
import {clockSentence} from '../oauth/errors.js';
import {hardenedFetch} from '../oauth/hardened-fetch.js';
import {clockAheadOf, type RequestContext} from '../oauth/request.js';
import {refreshTokens} from '../oauth/token-endpoint.js';
import {createFetch} from '../terminal/proxy-fetch.js';
import type {Check, Report} from './check.js';

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

const client = async (context: RequestContext, {tell, fail}: Report): Promise<void> => {
	const {provider} = context;
	// GitHub's wants a secret for a refresh alone.
	if (provider.clientSecret === undefined && provider.unsupportedFlows?.browser !== undefined) return;
	const known = `The server knows the client ID ${displayText(provider.clientId, 80)}.`;
	try {
		await refreshTokens(context, noToken);
		tell('ok', known, undefined, 'client');
	} catch (error) {
		const {code} = toLoginError(error);
		if (failures.has(code)) fail(error, 'problem', 'client');
		else if (code === 'bad_response') fail(error, 'warning', 'client');
		else tell('ok', code === 'invalid_grant' ? known : 'The token endpoint responds.', undefined, 'client');
	}
};

const flowNames = {
	browser: 'in the browser',
	device: 'with a code',
	'client-credentials': 'with client credentials',
	password: 'with a password',
} as const;

const server: Check['run'] = async ({clock, environment, options}, report, signal) => {
	const {tell, fail} = report;
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
		await client({provider: resolved, fetch, clock, signal}, report);
	} catch (error) {
		fail(error);
	}

	if (clockAhead === undefined) return;
	const wrong = clockSentence({clockAhead});
	if (wrong === undefined) tell('ok', "This computer's clock agrees with the server's.", undefined, 'clock');
	else tell('problem', wrong, "Set this computer's clock.", 'clock');
};

/** What a login needs of the server. */
export const serverChecks: readonly Check[] = [{name: 'server', run: server}];
