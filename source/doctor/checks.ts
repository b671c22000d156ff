import {once} from 'node:events';
import {connect} from 'node:net';
import {omitUndefined} from '../core/clock.js';
import {toLoginError, type LoginErrorCode} from '../core/errors.js';
import {displayText, person} from '../core/safe-text.js';
import type {FlowName} from '../core/types.js';
import {discover} from '../oauth/discovery.js';
import {clockSentence, connectionProblem} from '../oauth/errors.js';
import {hardenedFetch, serverTimeout, withTimeLimit} from '../oauth/hardened-fetch.js';
import {clockAheadOf, type RequestContext} from '../oauth/request.js';
import {tryClient} from '../oauth/token-endpoint.js';
import {authenticationByIdentity} from '../session/own-tokens.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import {isLive} from '../session/session-state.js';
import {claimFolder, removeIfThere, replaceFile} from '../session/store/atomic-file.js';
import {checkFolder, toStoreError} from '../session/store/file-system.js';
import {keyringTimeout} from '../session/store/keyring/keyring.js';
import {detectEnvironment, locateTerminal, type TerminalEnvironment} from '../terminal/environment.js';
import {namedBrowsers} from '../terminal/browser.js';
import {clipboardsOf} from '../terminal/clipboard.js';
import {personRequired} from '../terminal/login-terminal.js';
import {createFetch, proxiesOf} from '../terminal/proxy-fetch.js';
import {ownFlowOf, whoIsThere} from '../terminal/who-is-there.js';
import type {CheckName, DiagnosedEngine, DiagnoseOptions, Finding} from './diagnose.js';

/** What every check may look at. */
type Subject = DiagnosedEngine & {readonly environment: TerminalEnvironment};

/** What a check has to say. `check` is its own name, unless it says otherwise. */
type Report = {
	readonly tell: (status: Finding['status'], message: string, remedy?: string, check?: CheckName) => void;
	/** What went wrong, in the words of the application. */
	readonly fail: (error: unknown, status?: 'warning' | 'problem', check?: CheckName) => void;
};

type Check = {
	readonly name: CheckName;
	/** What it hangs on where it takes too long. @default 'server' */
	readonly waitsFor?: 'server' | 'keyring';
	/** What it throws is a problem. What it has told by then stands. */
	readonly run: (subject: Subject, report: Report, signal: AbortSignal) => Promise<void> | void;
};

const terminal: Check['run'] = ({environment, options: {provider, hints = {}}}, {tell}) => {
	const {multiplexer, ci} = locateTerminal(environment);
	const who = whoIsThere(environment);
	const inside = multiplexer === undefined ? '' : ` This runs inside ${multiplexer}.`;
	const where = ci ? 'This is a build machine' : "There's no terminal here";
	if (who === 'person') tell('ok', `Someone is at the terminal.${inside}`);
	else if (who === 'agent') tell('ok', `A coding agent runs this, and a person reads what it writes.${inside}`);
	else if (provider && ownFlowOf(provider)) tell('ok', `${where}. The app can sign in by itself.`);
	else tell('warning', `${where}, so nobody can be asked to sign in.`, personRequired().withHints(hints).hint);
};

const browser: Check['run'] = ({environment}, {tell}) => {
	const {names, isThere} = namedBrowsers(environment);
	const programs = names.join(', ');
	if (names.length === 0) tell('ok', locateTerminal(environment).reason);
	else if (isThere) tell('ok', `Links open with ${programs}, as BROWSER says.`);
	else {
		tell(
			'warning',
			`BROWSER is set to ${programs}, but that isn't installed, so no browser opens.`,
			"Set BROWSER to a browser that's installed, or unset it.",
		);
	}
};

const clipboard: Check['run'] = ({environment}, {tell}) => {
	const {system, terminal} = clipboardsOf(environment);
	if (system) tell('ok', "Codes and links are copied to this computer's clipboard.");
	else if (!terminal) tell('ok', "There's no clipboard here, so select what you need to copy.");
	else {
		const isTmux = locateTerminal(environment).multiplexer === 'tmux';
		const needs = isTmux ? ' tmux passes them on only with: tmux set -g set-clipboard on' : '';
		tell('ok', `Codes and links are copied through your terminal (OSC 52).${needs}`);
	}
};

const connectTo = async ({hostname, port, protocol}: URL, signal: AbortSignal): Promise<void> => {
	const host = hostname.replaceAll(/^\[|\]$/g, '');
	const socket = connect({host, port: Number(port) || (protocol === 'https:' ? 443 : 80)});
	try {
		await once(socket, 'connect', {signal});
	} finally {
		socket.on('error', () => undefined).destroy();
	}
};

const network: Check['run'] = async ({environment, options}, {tell}, signal) => {
	const {fetch, caFile} = options;
	if (fetch !== undefined) return;
	await createFetch(environment, omitUndefined({caFile}));
	const proxies = proxiesOf(environment);
	await Promise.all(
		proxies.map(async proxy => {
			const host = displayText(proxy.host, 80);
			try {
				await connectTo(proxy, signal);
				tell('ok', `Requests go through the proxy ${host}.`);
			} catch (error) {
				signal.throwIfAborted();
				tell(
					'problem',
					`Can't connect to the proxy ${host}: ${connectionProblem(error)}.`,
					'Fix HTTPS_PROXY and HTTP_PROXY, or unset them to connect without a proxy.',
				);
			}
		}),
	);
	if (proxies.length === 0) tell('ok', 'Requests go out directly, without a proxy.');
};

/** With these nobody gets a token; any other error is a response of a token endpoint that knows the client. */
const clientFailures: ReadonlySet<LoginErrorCode> = new Set([
	'invalid_client',
	'config_error',
	'network_error',
	'tls_error',
	'timeout',
	'server_unavailable',
	'internal_error',
]);

const client = async (context: RequestContext, {tell, fail}: Report): Promise<void> => {
	const {provider} = context;
	// GitHub's wants a secret for a refresh alone.
	if (provider.clientSecret === undefined && provider.unsupportedFlows?.browser !== undefined) return;
	const byIdentity =
		(provider.clientSecret ?? provider.clientKey) === undefined && provider.workloadIdentity !== undefined;
	const known = `The server knows the client ID ${displayText(provider.clientId, 80)}.`;
	try {
		await tryClient({...context, ...(byIdentity && authenticationByIdentity(context))});
		tell('ok', known, undefined, 'client');
	} catch (error) {
		const {code} = toLoginError(error);
		if (clientFailures.has(code)) fail(error, 'problem', 'client');
		else if (code === 'bad_response') fail(error, 'warning', 'client');
		else tell('ok', code === 'invalid_grant' ? known : 'The token endpoint responds.', undefined, 'client');
	}
};

const flowNames = {
	browser: 'with a browser',
	device: 'with a code',
	'client-credentials': 'with client credentials',
	'workload-identity': "with this workload's identity",
	password: 'with a password',
	'one-time-code': 'with a one-time code',
} satisfies Record<FlowName, string>;

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
	try {
		const resolved = await discover(provider, {fetch, clock, signal});
		const flows = Object.entries(flowNames).filter(([name]) => resolved.flows[name as keyof typeof flowNames] === true);
		const list = new Intl.ListFormat('en', {type: 'disjunction'}).format(flows.map(([, text]) => text));
		tell('ok', `At ${displayText(resolved.issuer, 120)} you can sign in ${list}.`);
		// Discovery at a resource leaves out the client that was registered there; it is never told to another server.
		const {clientId, clientAuthentication} = provider;
		if (clientId !== '' && ['', resolved.issuer].includes(provider.issuer)) {
			await client({provider: {...resolved, clientId, clientAuthentication}, fetch, clock, signal}, report);
		}
	} catch (error) {
		fail(error);
	}

	if (clockAhead === undefined) return;
	const wrong = clockSentence({clockAhead});
	if (wrong === undefined) tell('ok', "This computer's clock agrees with the server's.", undefined, 'clock');
	else tell('problem', wrong, "Set this computer's clock.", 'clock');
};

/** Writes as a login would, into a file of its own. */
const folder: Check['run'] = ({store}, {tell}) => {
	const basis = store.basis?.();
	if (basis === undefined) return;
	const {directory, fileSystem} = basis;
	try {
		// Before anything is made: it says more than the system does.
		checkFolder(fileSystem, directory);
		claimFolder(fileSystem, directory);
		const file = `${directory}/diagnosis`;
		// No session is larger by far.
		replaceFile(fileSystem, file, Buffer.alloc(65_536));
		removeIfThere(fileSystem, file);
	} catch (error) {
		throw toStoreError(error, directory);
	}

	tell('ok', `Sessions can be saved in ${displayText(directory, 500)}.`);
};

const keyring: Check['run'] = async ({store}, {tell, fail}) => {
	const load = store.basis?.().keyring;
	if (load === undefined) return;
	try {
		const systemKeyring = await load();
		// To read tells best why it doesn't work, to write that it does.
		await systemKeyring.get();
		await systemKeyring.probe();
		tell('ok', 'The system keyring works.');
	} catch (error) {
		// A file does as well, except for what is in the keyring.
		fail(error, store.kind === 'keyring' ? 'problem' : 'warning');
	}
};

const session: Check['run'] = async ({store, profile, clock, options}, {tell}) => {
	const {provider, signInHint = 'Sign in again.'} = options;
	const stored = await store.read(profile);
	for (const notice of store.notices) tell('warning', notice, signInHint);
	const name = displayText(profile, 60);
	if (stored === undefined) {
		tell(
			'warning',
			provider === undefined
				? `No server is saved for "${name}", so only this computer was checked.`
				: `Nobody is signed in to "${name}".`,
			signInHint,
		);
		return;
	}

	const difference = provider && differenceOf(stored, provider);
	if (difference !== undefined) tell('problem', anotherSession(profile, difference), signInHint);
	else if (!isLive(stored, clock.now())) tell('problem', `The session of "${name}" has ended.`, signInHint);
	else {
		const {identity} = stored.tokens;
		tell('ok', `Signed in${identity === undefined ? '' : ` as ${person(identity)}`} (profile "${name}").`);
	}
};

const checks: readonly Check[] = [
	{name: 'terminal', run: terminal},
	{name: 'browser', run: browser},
	{name: 'clipboard', run: clipboard},
	{name: 'network', run: network},
	{name: 'server', run: server},
	{name: 'folder', run: folder},
	{name: 'keyring', waitsFor: 'keyring', run: keyring},
	{name: 'session', waitsFor: 'keyring', run: session},
];

/** Milliseconds that a check may take. */
const patience = 10_000;

const reasons = {server: () => serverTimeout(patience), keyring: () => keyringTimeout(patience)};

/** Runs one check within its time. */
const runCheck = async (
	{name, waitsFor = 'server', run}: Check,
	subject: Subject,
	signal: AbortSignal,
): Promise<readonly Finding[]> => {
	const findings: Finding[] = [];
	const tell: Report['tell'] = (status, message, remedy, check = name) =>
		findings.push({check, status, message, ...(remedy !== undefined && {remedy})});
	const fail: Report['fail'] = (error, status = 'problem', check = name) => {
		const {message, hint} = toLoginError(error).withHints(subject.options.hints ?? {});
		tell(status, message, hint, check);
	};
	try {
		const limit = {clock: subject.clock, signal, limit: patience, reason: reasons[waitsFor]};
		await withTimeLimit(limit, async limited => run(subject, {tell, fail}, limited));
	} catch (error) {
		fail(error);
	}

	// What is still to come is left out.
	return [...findings];
};

const severity = ['problem', 'warning', 'ok'];
const rankOf = ({status}: Finding): number => severity.indexOf(status);

/** Runs all checks side by side; the worst findings come first, otherwise the checks keep their order. */
export const runChecks = async (
	{store, profile, clock, options}: DiagnosedEngine,
	{signal = new AbortController().signal, environment = detectEnvironment()}: DiagnoseOptions,
): Promise<readonly Finding[]> => {
	const subject = {store, profile, clock, options, environment};
	const found = await Promise.all(checks.map(async check => runCheck(check, subject, signal)));
	signal.throwIfAborted();
	// A folder that cannot be used, say, is one finding, although the session cannot be read for the same reason.
	const byMessage = new Map<string, Finding>();
	for (const finding of found.flat().sort((a, b) => rankOf(a) - rankOf(b))) {
		if (!byMessage.has(finding.message)) byMessage.set(finding.message, finding);
	}

	return [...byMessage.values()];
};
