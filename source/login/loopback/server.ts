import type {Server, IncomingMessage, ServerResponse} from 'node:http';
import type {Socket, AddressInfo} from 'node:net';
import type {LocalSockets} from '../terminal.js';
import {bracketed, isLoopbackHost, escapeHref, type SafeUrl} from '../../core/safe-url.js';
import {randomWord, type Clock, type Random} from '../../core/clock.js';
import {bindLoopback, type Listener} from './bind.js';
import {callbackPages, forwardedPage, pageHeaders} from './pages.js';
import {type RedirectTarget} from './redirect-uri.js';

/** What matters of an HTTP request, as it came over the wire. */
type RawRequest = {
	readonly method?: string | undefined;
	/** The request-target, unparsed. */
	readonly url?: string | undefined;
	/** Names and values in turn: Node's parsed headers hide a second Host. */
	readonly rawHeaders: readonly string[];
};

type Expectation = {
	/** The only values of Host, for all but a visit of the short link that a forwarded port brings. */
	readonly authorities: readonly string[];
	readonly callbackPath: string;
	readonly shortPath: string;
};

type RequestVerdict =
	| {readonly kind: 'callback'; readonly parameters: URLSearchParams}
	/** `isForwarded`: the browser came by another port, so that the redirect URI may not lead it back here. */
	| {readonly kind: 'short-link'; readonly isForwarded: boolean}
	| {readonly kind: 'refused'; readonly status: number};

const refused = (status: number): RequestVerdict => ({kind: 'refused', status});

/**
 * Decides by the request alone whether a browser may have made it for the person. A request that is turned away here
 * leaves no trace in the login.
 */
export const judgeRequest = (request: RawRequest, {authorities, ...paths}: Expectation): RequestVerdict => {
	const header = (name: string): readonly string[] =>
		request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
	const [host, ...moreHosts] = header('host');
	if (host === undefined || moreHosts.length > 0) return refused(400);
	// By hand: `new URL(target, base)` would take the host of an absolute target, or of one that begins with `//`.
	const [path = '', ...query] = (request.url ?? '').split('?');
	const isForwarded = !authorities.includes(host.toLowerCase());
	// A name of loopback, which no page elsewhere can have in Host, and a path that nobody guesses.
	const mayBeForwarded = path === paths.shortPath && isLoopbackHost(host.toLowerCase().replace(/:\d+$/, ''));
	if (isForwarded && !mayBeForwarded) return refused(421);
	if (request.method !== 'GET') return refused(405);
	// A speculative visit must not use up the code; the browser comes again when the person does.
	const purposes = [...header('purpose'), ...header('sec-purpose'), ...header('x-moz')];
	if (purposes.some(purpose => purpose.toLowerCase().includes('prefetch'))) return refused(503);
	if (!path.startsWith('/')) return refused(400);
	if (path !== paths.callbackPath && path !== paths.shortPath) return refused(404);
	// Only a top-level navigation is the person's own; other Sec-Fetch headers come from honest clients too.
	if (header('sec-fetch-dest').some(destination => destination !== 'document')) return refused(403);
	return path === paths.shortPath
		? {kind: 'short-link', isForwarded}
		: {kind: 'callback', parameters: new URLSearchParams(query.join('?'))};
};

const maximumSockets = 20;

/**
 * The open connections of one login. When there are too many, the oldest that has sent no complete request goes: a plain
 * limit would turn away the true callback while someone else keeps idle connections open.
 */
class SocketPool {
	/** In the order in which they came. */
	readonly #sockets = new Set<Socket>();
	readonly #complete = new WeakSet<Socket>();

	watch(server: Server): void {
		server.on('connection', socket => this.#add(socket));
		server.on('request', request => this.#complete.add(request.socket));
	}

	destroyAllBut(spared: ReadonlySet<Socket | null>): void {
		for (const socket of this.#sockets) {
			if (!spared.has(socket)) socket.destroy();
		}
	}

	#add(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('close', () => this.#sockets.delete(socket));
		if (this.#sockets.size <= maximumSockets) return;
		const oldest = [...this.#sockets].find(candidate => !this.#complete.has(candidate));
		if (oldest === undefined) return;
		oldest.destroy();
		this.#sockets.delete(oldest);
	}
}

/**
 * What is to become of a callback: `hold` it until the outcome is known, turn it away as `ignored`, or say nothing new
 * because the state is `spent`.
 */
export type CallbackVerdict = 'hold' | 'ignored' | 'spent';

export type LoopbackOptions = {
	readonly target: Extract<RedirectTarget, {kind: 'loopback'}>;
	readonly clock: Clock;
	readonly random: Random;
	/** Closes the server within 100 ms. */
	readonly signal: AbortSignal;
	readonly sockets?: LocalSockets;
	readonly onCallback: (parameters: URLSearchParams) => CallbackVerdict;
	/** Where the short link leads, asked at each visit; a rejection is answered with an error page. */
	readonly onVisit: (redirectUri: string) => Promise<SafeUrl>;
};

export type LoopbackServer = {
	readonly redirectUri: string;
	/** Leads to the authorization server; its path is unguessable. */
	readonly shortUrl: SafeUrl;
	/** Shows the outcome to the browser that waits for it. */
	respond(page: string): void;
	/** Frees the port at once, and resolves when the last page is out and every connection is closed. */
	close(): Promise<void>;
};

/** Node's own are 60, 300 and 30 seconds and no limit: slow clients would hold the port. */
const limits = {
	maxHeaderSize: 16 * 1024,
	headersTimeout: 5000,
	requestTimeout: 10_000,
	connectionsCheckingInterval: 1000,
	keepAlive: false,
};
/** How long a browser waits for the outcome before it is sent to the terminal. */
const longestWait = 3000;

/** Real milliseconds that a page under way has at the end. */
const flushTime = 50;

/** The Host values under which a socket is ours. */
const authoritiesOf = (
	{localAddress = '', localPort = 0}: Socket,
	{allowsName, origin}: LoopbackOptions['target'],
): readonly string[] => [
	...[bracketed(localAddress), ...(allowsName ? ['localhost'] : [])].flatMap(host =>
		// A browser leaves out the default port.
		localPort === 80 ? [host, `${host}:80`] : [`${host}:${localPort}`],
	),
	// What forwards to us may keep the name that the browser came to.
	...(origin === undefined ? [] : [new URL(origin).host]),
];

type HttpListener = Listener & {readonly server: Server; readonly address: string};

/** Opens the port for one login: where the browser comes back to, and the short link that leads to the sign-in. */
export const openLoopback = async (options: LoopbackOptions): Promise<LoopbackServer> => {
	const {target, clock, random, signal, sockets, onCallback, onVisit} = options;
	const [{createServer}, headers] = await Promise.all([import('node:http'), pageHeaders()]);
	signal.throwIfAborted();
	// 65 random bits: nobody else on this computer may guess it (RFC 8252 §8.3 leaves the path to us).
	const shortPath = `/${randomWord(random, 13)}`;
	const closing = new AbortController();
	const held = new Set<ServerResponse>();
	const responding = new Set<ServerResponse>();

	const send = (
		response: ServerResponse,
		status: number,
		body: string,
		more: Readonly<Record<string, string>> = {},
	) => {
		response.writeHead(status, {
			...headers,
			connection: 'close',
			'content-length': new TextEncoder().encode(body).length,
			...more,
		});
		response.end(body);
	};

	const respond = (page: string) => {
		for (const response of held) send(response, 200, page);
		held.clear();
	};

	const hold = (response: ServerResponse) => {
		held.add(response);
		clock.sleep(longestWait, closing.signal).then(
			() => {
				if (held.delete(response)) send(response, 200, callbackPages.terminal);
			},
			() => undefined,
		);
	};

	const lead = async (response: ServerResponse, isForwarded: boolean) => {
		// If the login ends meanwhile, this browser is told too.
		held.add(response);
		const location = await onVisit(redirectUri).catch(() => undefined);
		if (!held.delete(response)) return;
		if (location === undefined) send(response, 503, callbackPages.terminal);
		else if (isForwarded) send(response, 200, forwardedPage(location));
		else send(response, 302, '', {location});
	};

	const isOurs = async ({localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0}: Socket) =>
		sockets === undefined || sockets.isOurs({localAddress, localPort, remoteAddress, remotePort});
	/** Whose each connection is: looked up before a request can end it, and again with the request. */
	const accepted = new WeakMap<Socket, Promise<boolean>>();

	const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
		responding.add(response);
		response.on('close', () => {
			responding.delete(response);
			held.delete(response);
		});
		const {socket} = request;
		const authorities = authoritiesOf(socket, target);
		const verdict = judgeRequest(request, {authorities, callbackPath: target.path, shortPath});
		if (verdict.kind === 'refused') {
			const allow = verdict.status === 405 ? {allow: 'GET'} : undefined;
			send(response, verdict.status, '', allow);
			return;
		}

		const isVisit = verdict.kind === 'short-link';
		const counts = (await accepted.get(socket)) === true && (await isOurs(socket));
		if (closing.signal.aborted) return;
		if (!counts) {
			send(response, 403, callbackPages[isVisit ? 'others-visit' : 'others-callback']);
		} else if (isVisit) {
			await lead(response, verdict.isForwarded);
		} else {
			const fate = onCallback(verdict.parameters);
			if (fate === 'hold') hold(response);
			else send(response, fate === 'spent' ? 200 : 400, callbackPages.terminal);
		}
	};

	const pool = new SocketPool();
	const listen = async (address: string, port: number): Promise<HttpListener> => {
		const server = createServer(limits, (request, response) => void onRequest(request, response));
		server.on('connection', socket => accepted.set(socket, isOurs(socket)));
		pool.watch(server);
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen({host: address, port, exclusive: true}, () => {
				server.off('error', reject);
				resolve();
			});
		});
		// A failed accept, as with too many open files, costs that connection and nothing else.
		server.on('error', () => undefined);
		return {server, address, port: (server.address() as AddressInfo).port, close: () => server.close()};
	};

	const listeners = await bindLoopback(target.addresses, target.ports, listen, sockets?.findPortOwner);
	const [{address, port}] = listeners as [HttpListener];
	const redirectUri = target.uri(address, port);

	const closeAll = async (): Promise<void> => {
		closing.abort();
		const closed = listeners.map(async ({server}) => new Promise<void>(resolve => void server.close(() => resolve())));
		respond(callbackPages.terminal);
		const busy = new Set([...responding].filter(response => response.writableEnded).map(({socket}) => socket));
		pool.destroyAllBut(busy);
		// Every page says `Connection: close`, so its socket closes by itself unless the browser does not read.
		const flush = setTimeout(() => pool.destroyAllBut(new Set()), flushTime);
		await Promise.all(closed);
		clearTimeout(flush);
	};

	let end: Promise<void> | undefined;
	const close = async () => (end ??= closeAll());
	if (signal.aborted) await close();
	signal.throwIfAborted();
	signal.addEventListener('abort', () => void close(), {once: true});
	return {
		redirectUri,
		shortUrl: escapeHref(new URL(redirectUri).origin + shortPath),
		respond,
		close,
	};
};
