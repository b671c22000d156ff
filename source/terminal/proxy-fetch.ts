import type {Dispatcher, RequestInit as UndiciRequestInit} from 'undici';
import {displayText} from '../core/safe-text.js';
import {errorCode, LoginError} from '../core/errors.js';
import {isLoopbackHost} from '../core/safe-url.js';
import type {TerminalEnvironment} from './environment.js';

type Variables = Pick<TerminalEnvironment, 'env'>;

/** What newer versions of Node.js can tell about certificates; 20 cannot. */
type CertificateSource = {readonly getCACertificates?: (kind: 'default' | 'system') => string[]};

/** Loaded when needed: it takes as long as the rest of the engine. */
const loadTls = async () => import('node:tls');

const systemCertificates = async () => ((await loadTls()) as CertificateSource).getCACertificates;

/** Handshakes that fail like this may succeed with the certificates that an organisation put on this computer. */
const untrustedIssuer = new Set([
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

const isUntrustedIssuer = (error: unknown): boolean => {
	return error instanceof Error && untrustedIssuer.has(errorCode(error.cause) ?? '');
};

const certificatesIn = async (path: string, what: string): Promise<string> => {
	const {readFile} = await import('node:fs/promises');
	const text = await readFile(path, 'utf8').catch(() => '');
	if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
	throw new LoginError('config_error', `${what} ${displayText(path)} can't be read, or has no certificate in it.`, {
		hint: words => words.caFile,
	});
};

/** A list of our own replaces the default one, so the default ones go into it. Verification stays on, always. */
const trustedCertificates = async ({env}: Variables, caFile: string | undefined): Promise<string[]> => {
	const own = caFile === undefined ? [] : [await certificatesIn(caFile, 'The CA file')];
	const getCACertificates = await systemCertificates();
	if (getCACertificates) return [...getCACertificates('default'), ...getCACertificates('system'), ...own];
	const extraFile = env['NODE_EXTRA_CA_CERTS'];
	// Node.js itself only warns of a bad one.
	const extra = extraFile ? await certificatesIn(extraFile, 'NODE_EXTRA_CA_CERTS').catch(() => undefined) : undefined;
	return [...(await loadTls()).rootCertificates, ...(extra ? [extra] : []), ...own];
};

const variable = ({env}: Variables, name: string): string | undefined =>
	[env[name.toLowerCase()], env[name.toUpperCase()]].find(Boolean);

/** The proxy that a variable names; like curl we take it without its `http://`. */
const proxyFrom = (environment: Variables, name: string): string | undefined => {
	const value = variable(environment, name);
	if (value === undefined) return undefined;
	const text = value.includes('://') ? value : `http://${value}`;
	if (URL.canParse(text) && /^https?:/.test(text)) return text;
	// The value may hold a password: it is not repeated.
	throw new LoginError('config_error', `${name.toUpperCase()} isn't the URL of an HTTP proxy.`, {
		hint: 'Set it to something like http://proxy.example:3128, or unset it.',
	});
};

/** The proxies that requests may go through. @throws LoginError `config_error` for a variable that names none */
export const proxiesOf = (environment: Variables): readonly URL[] => {
	const named = ['https_proxy', 'http_proxy'].map(name => proxyFrom(environment, name));
	return [...new Set(named.filter(proxy => proxy !== undefined))].map(proxy => new URL(proxy));
};

/** The status that a proxy refused a connection with: undici says it in words alone, in one of the causes. */
const refusalIn = (error: unknown): string | undefined =>
	error instanceof Error ? (/^Proxy response \((\d+)\)/.exec(error.message)?.[1] ?? refusalIn(error.cause)) : undefined;

/** Whether a connection to the proxy itself could not be made, as the system tells in one of the causes. */
const isUnreached = (error: unknown, proxy: URL): boolean => {
	if (!(error instanceof Error)) return false;
	const port = Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80));
	if ('syscall' in error && error.syscall === 'connect') return 'port' in error && error.port === port;
	if ('syscall' in error && error.syscall === 'getaddrinfo')
		return 'hostname' in error && error.hostname === proxy.hostname;
	// Of several addresses none could be reached.
	const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
	return causes.some(cause => isUnreached(cause, proxy));
};

/** The error, or what it means where the proxy did not connect. Its URL may hold a password: only its host is shown. */
const inWordsOfProxy = async (
	error: unknown,
	proxyText: string | undefined,
	{origin, pathname, host}: URL,
): Promise<unknown> => {
	if (proxyText === undefined) return error;
	const proxy = new URL(proxyText);
	const name = displayText(proxy.host, 80);
	const endpoint = origin + pathname;
	const status = refusalIn(error);
	if (status === undefined) {
		if (!isUnreached(error, proxy)) return error;
		const {connectionProblem} = await import('../oauth/errors.js');
		return new LoginError('network_error', `Can't connect to the proxy ${name}: ${connectionProblem(error)}.`, {
			hint: 'Check HTTPS_PROXY and HTTP_PROXY, and that the proxy is running. Unset them to connect without it.',
			endpoint,
		});
	}

	return new LoginError(
		'network_error',
		`The proxy ${name} refused to connect to ${displayText(host, 80)} (HTTP ${status}).`,
		{
			hint:
				status === '407'
					? 'It wants a name and a password. Put them in HTTPS_PROXY, as in http://NAME:PASSWORD@proxy.example:3128.'
					: "Ask the proxy's administrator to allow it, or add the host to NO_PROXY to connect without the proxy.",
			endpoint,
		},
	);
};

/** A fetch through the proxies of the environment, trusting the certificates given. Loopback is never proxied. */
const fetchWith = async (environment: Variables, ca: string[]): Promise<typeof fetch> => {
	const {default: undici} = await import('undici'); // A bundler names nothing else of a CommonJS module.
	// Said outright, it holds over NODE_TLS_REJECT_UNAUTHORIZED.
	const trust = {ca, rejectUnauthorized: true};
	const direct = new undici.Agent({connect: trust});
	const httpProxy = proxyFrom(environment, 'http_proxy');
	const httpsProxy = proxyFrom(environment, 'https_proxy');
	const proxied: Dispatcher =
		httpProxy || httpsProxy
			? new undici.EnvHttpProxyAgent({
					// An empty one keeps the agent from looking at the process's own environment.
					httpProxy: httpProxy ?? '',
					httpsProxy: httpsProxy ?? '',
					noProxy: variable(environment, 'no_proxy') ?? '',
					connect: trust,
					requestTls: trust,
					proxyTls: trust,
				})
			: direct;
	// The dispatcher and the fetch must be of one version: the runtime's own may be older or newer.
	const undiciFetch = undici.fetch as unknown as (input: unknown, init: unknown) => Promise<Response>;
	return async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input);
		const own = input instanceof Request ? new undici.Request(input.url, input as unknown as UndiciRequestInit) : input;
		const dispatcher = isLoopbackHost(url.hostname) ? direct : proxied;
		// The package only takes its own FormData.
		const body = init?.body instanceof FormData ? await new Response(init.body).blob() : init?.body;
		return undiciFetch(own, {...init, ...(body && {body}), dispatcher}).catch(async (error: unknown) => {
			const proxy = url.protocol === 'https:' ? (httpsProxy ?? httpProxy) : httpProxy;
			throw dispatcher === direct ? error : await inWordsOfProxy(error, proxy, url);
		});
	};
};

/** Node.js looks at it at every connection, in the process's own environment. */
const checksAreOff = () => process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';

/**
 * The runtime's own fetch, as long as it checks certificates. Tries again with the system's certificates when the usual
 * ones do not vouch for a server: nothing was sent by then.
 */
const runtimeFetch = (environment: Variables): typeof fetch => {
	let ours: Promise<typeof fetch> | undefined;
	const load = async () =>
		(ours ??= trustedCertificates(environment, undefined).then(async ca => fetchWith(environment, ca)));
	return async (input, init) => {
		if (ours ?? checksAreOff()) return (await load())(input, init);
		try {
			return await fetch(input, init);
		} catch (error) {
			if (!isUntrustedIssuer(error) || (await systemCertificates()) === undefined) throw error;
			return (await load())(input, init);
		}
	};
};

/**
 * The fetch for all requests of a login: through `HTTPS_PROXY` and `HTTP_PROXY` (not for `NO_PROXY`, nor for loopback),
 * and with private certificate authorities added to the public ones. Certificates are always checked, whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says. Without any of that it is the runtime's own fetch, and nothing is loaded.
 *
 * @param options - `caFile` is a file of certificates (PEM) that are trusted besides the usual ones
 * @throws LoginError `config_error` for a proxy or a CA file that cannot be used
 */
export const createFetch = async (
	environment: Variables,
	{caFile}: {readonly caFile?: string} = {},
): Promise<typeof fetch> => {
	const hasProxy = variable(environment, 'http_proxy') ?? variable(environment, 'https_proxy');
	if (hasProxy === undefined && caFile === undefined) return runtimeFetch(environment);
	return fetchWith(environment, await trustedCertificates(environment, caFile));
};
