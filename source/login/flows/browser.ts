import type {Clock} from '../../core/clock.js';
import {openInBrowser, type Flow, type FlowContext} from '../flow.js';
import {redirectAdvice, LoginError, toLoginError} from '../../core/errors.js';
import {failedPage, signedInPage} from '../loopback/pages.js';
import {openLoopback, type LoopbackServer} from '../loopback/server.js';
import {redirectTarget} from '../loopback/redirect-uri.js';
import {checkClientSecret} from '../../oauth/request.js';
import type {SafeUrl} from '../../core/safe-url.js';
import type {TokenSet} from '../../oauth/token-set.js';
import {
	authorizationParameters,
	authorizationUrl,
	createTransaction,
	maxAgeOf,
	usesPushedAuthorization,
	type AuthorizationTransaction,
} from '../../oauth/authorization-code.js';
import {CallbackWaiter} from './callback.js';
import {Deadline, momentOf} from './deadline.js';

/** Milliseconds that the person has for signing in. */
const lifetime = 5 * 60_000;

/** A suspended computer is noticed within this many milliseconds. */
const slice = 5000;

/** The address to sign in at; with RFC 9126 a new one each time, for a `request_uri` serves once (§4). */
const signInUrl = async (
	context: FlowContext,
	transaction: AuthorizationTransaction,
	redirectUri: string,
): Promise<SafeUrl> => {
	const {provider} = context;
	const parameters = await authorizationParameters(provider, transaction, redirectUri);
	if (!usesPushedAuthorization(provider)) return authorizationUrl(provider, parameters);
	const {pushAuthorizationRequest} = await import('../../oauth/index.js');
	const {requestUri} = await pushAuthorizationRequest(context, parameters);
	return authorizationUrl(provider, new URLSearchParams({client_id: provider.clientId, request_uri: requestUri}));
};

/** Opens the port, unless the redirect leads elsewhere. */
const listen = async (
	context: FlowContext,
	transaction: AuthorizationTransaction,
	waiter: CallbackWaiter,
): Promise<{readonly redirectUri: string; readonly loopback?: LoopbackServer}> => {
	const {provider, clock, random, signal, emit, terminal} = context;
	const target = redirectTarget(provider.redirect);
	if (target.kind === 'elsewhere') return {redirectUri: target.uri};
	let hasLed = false;
	const loopback = await openLoopback({
		target,
		clock,
		random,
		signal,
		sockets: terminal.sockets,
		onCallback: parameters => waiter.callback(parameters),
		async onVisit(redirectUri) {
			try {
				const url = await signInUrl(context, transaction, redirectUri);
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
	return {redirectUri: loopback.redirectUri, loopback};
};

/** Rejects with `timeout` at the end of the deadline. */
const expiry = async (
	clock: Clock,
	deadline: Deadline,
	signal: AbortSignal,
	describe: () => LoginError,
): Promise<never> => {
	while (deadline.left > 0) await clock.sleep(Math.min(deadline.left, slice), signal);
	throw describe();
};

const timedOut = (redirectUri: string, strays: number) => {
	const seen =
		strays === 0
			? ''
			: ` ${strays === 1 ? 'A response' : `${strays} responses`} that came belonged to no sign-in of this terminal, perhaps to an old tab.`;
	return new LoginError('timeout', `Nobody finished signing in in the browser within 5 minutes.${seen}`, {
		hint: words => `Sign in again. ${redirectAdvice(redirectUri, words)}`,
	});
};

/** Authorization code with PKCE through the system's browser (RFC 8252, RFC 7636), by loopback redirect or paste. */
export const browserFlow: Flow = async context => {
	const {provider, clock, emit, commands, autoOpen, next} = context;
	// The code is exchanged after the person has signed in, which is too late to find that out.
	await checkClientSecret(provider, provider.server.token_endpoint_auth_methods_supported);
	const transaction = createTransaction(provider, context.random);
	const waiter = new CallbackWaiter(context, transaction);
	const {redirectUri, loopback} = await listen(context, transaction, waiter);
	const waiting = new AbortController();
	const signal = AbortSignal.any([context.signal, waiting.signal]);

	const takeCommands = async (open: () => void): Promise<never> => {
		for (;;) {
			const command = await commands.next(signal);
			if (command.type === 'paste') waiter.paste(command.text, redirectUri);
			if (command.type === 'open-browser') open();
		}
	};

	const awaitCode = async (): Promise<string> => {
		const url =
			loopback !== undefined && usesPushedAuthorization(provider)
				? loopback.shortUrl
				: await signInUrl(context, transaction, redirectUri);
		const shortUrl = loopback?.shortUrl ?? url;
		const deadline = new Deadline(clock, momentOf(clock), lifetime);
		emit({type: 'authorization-url', url, shortUrl, redirectUri, expiresAt: deadline.at});
		// What a program is started with can be read by every user of the computer, and `state` must not be.
		const open = () => void openInBrowser(context, shortUrl, signal);
		if (autoOpen) open();
		else emit({type: 'browser', status: 'skipped', detail: 'No browser was opened: open the address yourself.'});
		return Promise.race([
			waiter.code,
			expiry(clock, deadline, signal, () => timedOut(redirectUri, waiter.strays)),
			takeCommands(open),
		]);
	};

	const redeem = async (code: string): Promise<TokenSet> => {
		using _ = context.claim();
		emit({type: 'exchange', flow: 'browser'});
		const {exchangeAuthorizationCode} = await import('../../oauth/index.js');
		const maxAge = maxAgeOf(provider);
		const tokens = await exchangeAuthorizationCode(context, {
			code,
			...transaction,
			redirectUri,
			maxAge,
		});
		// Only now: a page must not promise what may still fail.
		const application = provider.application ?? new URL(provider.issuer).host;
		loopback?.respond(signedInPage({application, identity: tokens.identity, next}));
		await loopback?.close();
		return tokens;
	};

	try {
		const code = await awaitCode().finally(() => waiting.abort());
		return await redeem(code);
	} catch (error) {
		loopback?.respond(failedPage(toLoginError(error)));
		throw error;
	} finally {
		await loopback?.close();
	}
};
