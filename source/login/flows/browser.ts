import {Deadline, momentOf} from '../../core/deadline.js';
import {openInBrowser, type Flow, type FlowContext, type SavedFlow} from '../flow.js';
import {CallbackWaiter} from './callback.js';
import {redirectAdvice, LoginError, toLoginError} from '../../core/errors.js';
import {failedPage, signedInPage} from '../loopback/pages.js';
import {openLoopback, type LoopbackServer} from '../loopback/server.js';
import {redirectTarget} from '../loopback/redirect-uri.js';
import {applicationOrHost, type ResolvedProvider} from '../../oauth/provider.js';
import {checkCredentials} from '../../oauth/request.js';
import type {SafeUrl} from '../../core/safe-url.js';
import type {TokenSet} from '../../oauth/token-set.js';
import {
	authorizationParameters,
	authorizationUrl,
	createTransaction,
	exchangeAuthorizationCode,
	maxAgeOf,
	pushAuthorizationRequest,
	usesPushedAuthorization,
	type AuthorizationTransaction,
} from '../../oauth/authorization-code.js';

/** Milliseconds that the person has for signing in: longer where they are told of it by someone else. */
const lifetimeOf = ({save}: FlowContext) => (save === undefined ? 5 : 15) * 60_000;

/** The address to sign in at; with RFC 9126 a new one each time, for a `request_uri` serves once (§4). */
const signInUrl = async (
	context: FlowContext,
	transaction: AuthorizationTransaction,
	redirectUri: string,
): Promise<SafeUrl> => {
	const {provider} = context;
	const parameters = await authorizationParameters(provider, transaction, redirectUri);
	if (!usesPushedAuthorization(provider)) return authorizationUrl(provider, parameters);
	const requestUri = await pushAuthorizationRequest(context, parameters);
	return authorizationUrl(provider, new URLSearchParams({client_id: provider.clientId, request_uri: requestUri}));
};

/** Where the browser comes back to; with no server where that is elsewhere. */
type Listening = {readonly redirectUri: string; readonly loopback?: LoopbackServer};

/** Where an earlier process got. */
type SavedBrowserFlow = Extract<SavedFlow, {readonly flow: 'browser'}>;

/**
 * Opens the port, unless the redirect leads elsewhere.
 *
 * @param leadOn - where a visit leads
 */
const listen = async (
	context: FlowContext,
	leadOn: (redirectUri: string) => Promise<SafeUrl>,
	waiter: CallbackWaiter,
	earlier: string | undefined,
): Promise<Listening> => {
	const {provider, clock, random, signal, emit, terminal} = context;
	const target = redirectTarget(earlier === undefined ? provider.redirect : {...provider.redirect, uri: earlier});
	if (target.kind === 'elsewhere') return {redirectUri: target.uri};
	let hasLed = false;
	const opening = openLoopback({
		target,
		clock,
		random,
		signal,
		sockets: terminal.sockets,
		onCallback: parameters => waiter.callback(parameters),
		async onVisit(redirectUri) {
			try {
				const url = await leadOn(redirectUri);
				hasLed = true;
				return url;
			} catch (error) {
				const failure = toLoginError(error);
				// Where an earlier visit led to the server, the person may be signing in there.
				if (!hasLed) waiter.refuse(failure);
				else if (!signal.aborted) emit({type: 'browser', status: 'failed', detail: failure.message});
				throw error;
			}
		},
	});
	try {
		const loopback = await opening;
		return {redirectUri: loopback.redirectUri, loopback};
	} catch (error) {
		// Another program has the port by now: the person can paste.
		if (earlier === undefined || toLoginError(error).code !== 'port_in_use') throw error;
		return {redirectUri: earlier};
	}
};

/** A link that works after this process has ended. */
const lastingUrl = async (
	context: FlowContext,
	transaction: AuthorizationTransaction,
	redirectUri: string,
): Promise<SafeUrl> => {
	if (!usesPushedAuthorization(context.provider)) return signInUrl(context, transaction, redirectUri);
	throw new LoginError('config_error', "The server's links expire too soon to be passed on (PAR).", {
		hint: 'Sign in with a code, or in a terminal of your own.',
	});
};

/** Listens, then settles the client: its registration may want the browser to come back by another name. */
const listenAsClient = async (
	given: FlowContext,
	leadOn: (redirectUri: string) => Promise<SafeUrl>,
	waiter: CallbackWaiter,
	saved: SavedBrowserFlow | undefined,
): Promise<Listening & {readonly provider: ResolvedProvider}> => {
	const opened: Listening =
		saved?.code === undefined
			? await listen(given, leadOn, waiter, saved?.redirectUri)
			: {redirectUri: saved.redirectUri};
	try {
		const provider = (await given.settleClient?.(opened.redirectUri)) ?? given.provider;
		const [uri = opened.redirectUri] = provider.registration?.redirectUris ?? [];
		if (saved !== undefined || uri === opened.redirectUri) return {...opened, provider};
		await opened.loopback?.close();
		const other = {...given, provider: {...provider, redirect: {uri}}};
		return {...(await listen(other, leadOn, waiter, undefined)), provider};
	} catch (error) {
		await opened.loopback?.close();
		throw error;
	}
};

const timedOut = (redirectUri: string, strays: number, lifetime: number) => {
	const nobody = `Nobody finished in the browser within ${lifetime / 60_000} minutes.`;
	const seen =
		strays === 1
			? 'A response came in from another sign-in, perhaps from an old tab.'
			: `${strays} responses came in from another sign-in, perhaps from an old tab.`;
	return new LoginError('timeout', strays === 0 ? nobody : `${nobody} ${seen}`, {
		hint: words => `Sign in again. ${redirectAdvice(redirectUri, words)}`,
	});
};

const nothingPasted = () =>
	new LoginError('person_required', 'This sign-in ends with a link that has to be pasted, and none was.', {
		hint: 'Run this in a terminal, and paste the link of the page you end up on.',
	});

/** Authorization code with PKCE through the system's browser (RFC 8252, RFC 7636), by loopback redirect or paste. */
export const browserFlow: Flow = async given => {
	const {clock, emit, commands, autoOpen, next, save} = given;
	const saved = given.saved?.flow === 'browser' ? given.saved : undefined;
	const transaction = saved?.transaction ?? createTransaction(given.provider, given.random);
	const waiter = new CallbackWaiter(given, transaction.state);
	let context = given;
	const leadOn = async (uri: string) => signInUrl(context, transaction, uri);
	const {redirectUri, loopback, provider} = await listenAsClient(given, leadOn, waiter, saved);
	context = {...given, provider};
	const waiting = new AbortController();
	const signal = AbortSignal.any([context.signal, waiting.signal]);

	const expiry = async (deadline: Deadline): Promise<never> => {
		await deadline.reached(signal);
		throw timedOut(redirectUri, waiter.strays, lifetimeOf(context));
	};

	const takeCommands = async (open: () => void): Promise<never> => {
		for (;;) {
			const command = await commands.next(signal);
			if (command.type === 'paste' && command.text !== undefined) waiter.paste(command.text, redirectUri);
			else if (command.type === 'paste' && loopback === undefined) waiter.refuse(nothingPasted());
			if (command.type === 'open-browser') open();
		}
	};

	/** What is shown, and once the code is here what is saved of it. */
	let state: SavedBrowserFlow | undefined = saved;

	const show = async (deadline: Deadline): Promise<SafeUrl> => {
		const {shortUrl} = loopback ?? {};
		if (save !== undefined) {
			const url = state?.url ?? (await lastingUrl(context, transaction, redirectUri));
			state = {flow: 'browser', transaction, redirectUri, url, expiresAt: deadline.at};
			await save(state);
			emit({type: 'authorization-url', url, shortUrl: url, redirectUri, expiresAt: deadline.at});
			return shortUrl ?? url;
		}

		const url =
			shortUrl !== undefined && usesPushedAuthorization(provider)
				? shortUrl
				: await signInUrl(context, transaction, redirectUri);
		emit({type: 'authorization-url', url, shortUrl: shortUrl ?? url, redirectUri, expiresAt: deadline.at});
		return shortUrl ?? url;
	};

	const awaitCode = async (): Promise<string> => {
		const start = momentOf(clock);
		const lifetime = saved === undefined ? lifetimeOf(context) : saved.expiresAt - start.wall;
		const deadline = new Deadline(clock, start, lifetime);
		const link = await show(deadline);
		signal.throwIfAborted();
		// What a program is started with can be read by every user of the computer, and `state` must not be.
		const open = () => void openInBrowser(context, link, signal);
		if (autoOpen && saved === undefined) open();
		else emit({type: 'browser', status: 'skipped', detail: 'No browser was opened.'});
		const code = await Promise.race([waiter.code, expiry(deadline), takeCommands(open)]);
		if (state !== undefined) await save?.({...state, code});
		return code;
	};

	const redeem = async (code: string): Promise<TokenSet> => {
		using _ = context.claim();
		emit({type: 'exchange', flow: 'browser'});
		const maxAge = maxAgeOf(provider);
		const tokens = await exchangeAuthorizationCode(context, {code, ...transaction, redirectUri, maxAge});
		// Only now: a page must not promise what may still fail.
		const application = applicationOrHost(provider);
		loopback?.respond(signedInPage({application, identity: tokens.identity, next}));
		await loopback?.close();
		return tokens;
	};

	try {
		// The code is exchanged after the person has signed in, which is too late to find that out.
		await checkCredentials(provider, provider.server);
		const code = saved?.code ?? (await awaitCode().finally(() => waiting.abort()));
		return await redeem(code);
	} catch (error) {
		loopback?.respond(failedPage(toLoginError(error)));
		throw error;
	} finally {
		await loopback?.close();
	}
};
