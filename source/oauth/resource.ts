/**
 * Finds the server that signs people in to a protected resource, by MCP's rules: the resource's challenge, its metadata
 * (RFC 9728), the server's metadata (RFC 8414, OpenID Connect Discovery). Everything that is read here may have been
 * written by an attacker: the resource is a URL that someone was sent.
 */
import {omitUndefined} from '../core/clock.js';
import {hasCode, LoginError, toLoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {checkUrl} from '../core/safe-url.js';
import {isObject} from '../core/types.js';
import {scopeList, signInChallenge, type TokenChallenge} from './challenge.js';
import {pickMembers, requestedScope, resolveProvider, type DiscoveryIo, type Metadata} from './discovery.js';
import {checkServerUrl} from './server-url.js';
import {networkError, unusableResponse} from './errors.js';
import {serverTimeout, withTimeLimit} from './hardened-fetch.js';
import {beforeDiscovery, type ProtectedResource, type Provider, type ResolvedProvider} from './provider.js';
import {callServer} from './request.js';
import {isResource} from './request-parameters.js';

/** Milliseconds that the first request may take: a stream that never ends says all that it has to say in its headers. */
const probeTime = 10_000;

/** Asking more servers than this for one resource would make this program a tool against them. */
const mostServers = 5;

/** Milliseconds that the others have once one of a resource's servers has described itself. */
const patience = 3000;

type JsonObject = Readonly<Record<string, unknown>>;

type ResourceIo = DiscoveryIo & {readonly resource: ProtectedResource; readonly typed: URL};

/** What MCP's clients begin with; other resources refuse it, with the same challenge as every request. */
const initialize = {
	jsonrpc: '2.0',
	id: 1,
	method: 'initialize',
	params: {protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {name: 'ink-login', version: '1'}},
};

type Probe = {
	readonly status: number;
	readonly challenge?: TokenChallenge | undefined;
	/** Whether it wants a sign-in, and not by other means than a token. */
	readonly wantsToken?: boolean;
	/** Where it redirects. */
	readonly location?: string | undefined;
};

const redirectOf = (location: string | null, from: URL): string | undefined => {
	const to = location !== null && URL.canParse(location, from) ? checkUrl(new URL(location, from).href) : '';
	return typeof to === 'string' ? undefined : to.href;
};

/** Asks without a token. Whatever comes back, the resource may have metadata: only a host that is not there ends the login. */
const probe = async ({typed, fetch, clock, signal}: ResourceIo): Promise<Probe> => {
	const request = {
		method: 'POST',
		headers: {
			accept: 'application/json, text/event-stream',
			'content-type': 'application/json',
			'user-agent': 'ink-login',
		},
		body: JSON.stringify(initialize),
		redirect: 'manual',
	} as const;
	try {
		const limit = {clock, signal, limit: probeTime, reason: () => serverTimeout(probeTime)};
		const {status, headers} = await withTimeLimit(limit, async limited =>
			fetch(typed.href, {...request, signal: limited}),
		);
		const challenge = signInChallenge(headers);
		return {
			status,
			challenge,
			wantsToken: status === 401 && (challenge !== undefined || !headers.has('www-authenticate')),
			location: redirectOf(headers.get('location'), typed),
		};
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof LoginError) return {status: 0};
		throw networkError(error, typed.origin + typed.pathname);
	}
};

/** What servers say that cannot work at the moment; a 500 is what some say of every URL that they don't know. */
const inTrouble = new Set([429, 502, 503, 504]);

/**
 * A JSON object with status 200; anything else means that no document is there, unless the server is in trouble.
 *
 * @throws LoginError `server_unavailable`, or that it cannot be reached
 */
const fetchDocument = async (url: string, io: ResourceIo): Promise<JsonObject | undefined> => {
	try {
		return await callServer({provider: nobody, ...io}, 'discovery', async ({get, info}) => {
			const response = await get(url);
			if (inTrouble.has(response.status)) throw unusableResponse('', 'discovery', info);
			const document: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
			return isObject(document) ? document : undefined;
		});
	} catch (error) {
		if (hasCode(error, 'bad_response')) return undefined;
		throw error;
	}
};

/** The documents at these places. A server that is in trouble at one may have it at the next; otherwise that is told. */
async function* fetchDocuments(places: readonly string[], io: ResourceIo) {
	let trouble: LoginError | undefined;
	for (const place of places) {
		try {
			const document = await fetchDocument(place, io);
			if (document !== undefined) yield {place, document};
		} catch (error) {
			if (!hasCode(error, 'server_unavailable')) throw error;
			trouble = error;
		}
	}

	if (trouble !== undefined) throw trouble;
}

/** Requests for documents are made as no client. */
const nobody: Provider = {name: 'resource', issuer: '', clientId: ''};

/** Where a document about a URL is: between its host and its path (RFC 8414 §3.1, RFC 9728 §3.1). */
const wellKnown = ({origin, pathname, search}: URL, name: string): string =>
	`${origin}/.well-known/${name}${pathname.replace(/\/$/, '')}${search}`;

/** The URLs to look at, the same one once. */
const once = (urls: readonly string[]): readonly string[] => [...new Set(urls)];

/** Whether the name covers the URL: the same origin, and a path that its own begins with. */
const covers = (name: string, typed: URL): boolean => {
	if (!isResource(name)) return false;
	const {origin, pathname, username, password} = new URL(name);
	const path = pathname.endsWith('/') ? pathname : `${pathname}/`;
	return origin === typed.origin && username + password === '' && `${typed.pathname}/`.startsWith(path);
};

const fetchResourceMetadata = async ({challenge}: Probe, io: ResourceIo): Promise<JsonObject | undefined> => {
	const {typed, resource} = io;
	const named = resource.challengedMetadata ?? challenge?.resourceMetadata;
	const places =
		named === undefined
			? once([wellKnown(typed, 'oauth-protected-resource'), `${typed.origin}/.well-known/oauth-protected-resource`])
			: [checkServerUrl(named, typed.href, "The URL of the resource's metadata").href];
	for await (const {document} of fetchDocuments(places, io)) {
		if (typeof document['resource'] === 'string') return document;
	}

	return undefined;
};

/** OpenID Connect's root form and RFC 8414's forgive the slash of an issuer without a path, as Google's servers need. */
const isSameIssuer = (one: string, other: string): boolean =>
	one === other || (one.replace(/\/$/, '') === other.replace(/\/$/, '') && new URL(one).pathname === '/');

type FoundServer = {readonly server: Metadata; readonly isOpenId: boolean; readonly hasPkce: boolean};

const places = (issuer: URL): readonly string[] => {
	const path = issuer.pathname.replace(/\/$/, '');
	const appended = `${issuer.origin}${path}/.well-known/openid-configuration`;
	return once([wellKnown(issuer, 'oauth-authorization-server'), wellKnown(issuer, 'openid-configuration'), appended]);
};

/**
 * The server's metadata. A document that does not promise PKCE is passed over while there are others, and allows no
 * browser sign-in in the end.
 *
 * @throws LoginError `config_error` for the document of another issuer that nobody trusts
 */
const fetchServer = async (issuer: string, io: ResourceIo): Promise<FoundServer | undefined> => {
	// A person who gives the server may have it in a private network.
	const {typed, resource} = io;
	const url = checkServerUrl(issuer, issuer === resource.issuer ? issuer : typed.href, 'The URL of the sign-in server');
	if (url.search !== '' || url.hash !== '') return undefined;
	let last: FoundServer | undefined;
	for await (const {place, document} of fetchDocuments(places(url), io)) {
		if (typeof document['issuer'] !== 'string') continue;
		const server = pickMembers({...document, issuer: document['issuer']});
		if (!isSameIssuer(issuer, server.issuer)) checkTrust(issuer, server.issuer, io);
		const isOpenId = place.endsWith('openid-configuration') || server.scopes_supported?.includes('openid') === true;
		last = {server, isOpenId, hasPkce: server.code_challenge_methods_supported?.includes('S256') === true};
		if (last.hasPkce) return last;
	}

	return last;
};

const checkTrust = (named: string, found: string, {resource, typed}: ResourceIo): void => {
	if (resource.trustedIssuers?.includes(found) === true) {
		checkServerUrl(found, typed.href, 'The issuer');
		return;
	}

	const [asked, says] = [displayText(named, 120), displayText(found, 120)];
	throw new LoginError('config_error', `The sign-in server at ${asked} says that it is ${says}.`, {
		hint: words => `Its administrator has to fix that (RFC 8414 §3.3). ${words.trustIssuer} ${says}`,
	});
};

/** The servers that the resource names, the one that was used before first. */
const serversOf = (metadata: JsonObject, {resource, typed}: ResourceIo, before: string): readonly string[] => {
	const list: unknown = metadata['authorization_servers'];
	const servers = Array.isArray(list) ? list.filter(server => typeof server === 'string' && URL.canParse(server)) : [];
	const all = (servers.length === 0 ? [typed.origin] : servers) as readonly string[];
	const {issuer, trustedIssuers = []} = resource;
	if (issuer === undefined) {
		return once(all.toSorted((a, b) => Number(b === before) - Number(a === before))).slice(0, mostServers);
	}

	const isNamed = trustedIssuers.includes(issuer) || all.some(server => isSameIssuer(server, issuer));
	if (isNamed) return [issuer];
	throw new LoginError(
		'config_error',
		`${displayText(typed.host, 80)} has people sign in at ${displayText(all.join(', '), 200)}, not at ${displayText(issuer, 120)}.`,
		{hint: 'Check both URLs. Your client ID is never sent to another server.'},
	);
};

/** Whether this program can sign in there: with PKCE, and as a client that was given or that it can register. */
const isUsable = ({server, hasPkce}: FoundServer, {resource: {clientId, clientMetadataUrl}}: ResourceIo): boolean =>
	hasPkce && (clientId ?? clientMetadataUrl ?? server.registration_endpoint) !== undefined;

/** Those of the servers that describe themselves, the usable ones first; what is wrong with the others matters where none does. */
const findServers = async (issuers: readonly string[], io: ResourceIo): Promise<readonly FoundServer[]> => {
	const late = new AbortController();
	const signal = AbortSignal.any([io.signal, late.signal]);
	const limitOthers = () => {
		const isLate = () => late.abort(serverTimeout(patience));
		io.clock.sleep(patience, signal).then(isLate, () => undefined);
	};
	const outcomes = await Promise.allSettled(
		issuers.map(async issuer => {
			const found = await fetchServer(issuer, {...io, signal});
			if (found !== undefined) limitOthers();
			return found;
		}),
	);
	late.abort();
	io.signal.throwIfAborted();
	const found = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : []));
	const failed = outcomes.find(outcome => outcome.status === 'rejected');
	if (found.length === 0 && failed !== undefined) throw toLoginError(failed.reason);
	return found.toSorted((a, b) => Number(isUsable(b, io)) - Number(isUsable(a, io)));
};

/** A server that knows no resource metadata (MCP 2025-03-26): the resource's own origin signs in, or the URL is a server's. */
const fetchOldServer = async (io: ResourceIo): Promise<readonly FoundServer[]> => {
	const {typed, resource} = io;
	if (typed.pathname !== '/' && resource.issuer === undefined) {
		const issuer = `${typed.origin}${typed.pathname}`;
		// Documents of other issuers may lie below the path of an API; they are nobody's business here.
		const own = await fetchServer(issuer, io).catch(() => undefined);
		if (own?.server.issuer.replace(/\/$/, '') === issuer.replace(/\/$/, '')) return [own];
	}

	return findServers([resource.issuer ?? typed.origin], io);
};

/** The endpoints of MCP's first servers, which describe nothing. */
const defaultServer = ({origin}: URL): FoundServer => ({
	server: {
		issuer: origin,
		authorization_endpoint: `${origin}/authorize`,
		token_endpoint: `${origin}/token`,
		registration_endpoint: `${origin}/register`,
	},
	isOpenId: false,
	hasPkce: true,
});

/** @param named - the servers that the resource names */
const noServer = ({typed}: ResourceIo, {status, location}: Probe, named: readonly string[]): LoginError => {
	const host = displayText(typed.host, 80);
	if (named.length > 0) {
		const servers = displayText(named.join(', '), 200);
		return new LoginError('config_error', `Found no sign-in server at ${servers}, where ${host} has people sign in.`, {
			hint: ({endpoints}) => `Ask the administrator of ${host}, ${endpoints}.`,
		});
	}

	if (location !== undefined) {
		return new LoginError('config_error', `${host} redirects to ${displayText(location, 120)}.`, {
			hint: 'If you trust that URL, sign in there.',
		});
	}

	return status >= 200 && status < 300
		? new LoginError('config_error', `${host} responds without a sign-in, and doesn't say where to sign in.`, {
				hint: 'It may not need one. If it does, check its URL.',
			})
		: new LoginError('config_error', `${host} doesn't say where to sign in.`, {
				hint: ({endpoints}) => `Check its URL, ${endpoints}.`,
			});
};

const otherResource = (name: string, {typed}: ResourceIo): LoginError =>
	new LoginError('config_error', `${displayText(typed.href, 120)} says that it is ${displayText(name, 120)}.`, {
		hint: "Don't sign in there, because its tokens are for something else (RFC 9728 §3.3). Check its URL.",
	});

const noPkce = "The server doesn't promise PKCE with S256, and browser sign-in isn't safe without it.";

/**
 * Asks a protected resource who signs people in, and that server what it can do.
 *
 * @throws LoginError `config_error` where the resource or the server breaks the rules that keep a token from being used
 * elsewhere, or what kept them from responding
 */
export const discoverResource = async (
	given: Provider,
	resource: ProtectedResource,
	outside: DiscoveryIo,
): Promise<ResolvedProvider> => {
	const typed = new URL(resource.url);
	const io: ResourceIo = {...outside, resource, typed};
	const probed = await probe(io);
	const metadata = await fetchResourceMetadata(probed, io);
	const name = metadata?.['resource'] as string | undefined;
	if (name !== undefined && resource.resource === undefined && !covers(name, typed)) throw otherResource(name, io);
	const {token, authorization} = given.endpoints ?? {};
	const byHand: FoundServer = {server: {issuer: resource.issuer ?? typed.origin}, isOpenId: false, hasPkce: true};
	const named = metadata === undefined ? [] : serversOf(metadata, io, given.issuer);
	const servers = await (metadata === undefined ? fetchOldServer(io) : findServers(named, io));
	const found =
		servers[0] ??
		(token === undefined
			? metadata === undefined && probed.wantsToken === true
				? defaultServer(typed)
				: undefined
			: byHand);
	if (found === undefined) throw noServer(io, probed, named);
	const {server, isOpenId} = found;
	// What a refusal asked for is not for the logins after this one.
	const {challengedScope: _, challengedMetadata: __, ...lasting} = resource;
	// A person who gives the page knows it.
	const isSafe = found.hasPkce || authorization !== undefined;
	const provider: Provider = {
		...given,
		...omitUndefined(beforeDiscovery(lasting)),
		issuer: server.issuer,
		resource: resource.resource ?? (name === undefined ? undefined : [name]),
		...(server.jwks_uri === undefined && {idToken: 'ignore'}),
		...(!isSafe && {unsupportedFlows: {...given.unsupportedFlows, browser: noPkce}}),
	};
	const resolved = resolveProvider(provider, server, false);
	const resourceName = metadata?.['resource_name'];
	const otherServers = once(servers.map(({server: {issuer}}) => issuer)).filter(issuer => issuer !== server.issuer);
	return {
		...resolved,
		requestedScope: scopeFor(given, metadata, probed, found) ?? requestedScope(given, server, isOpenId),
		...(typeof resourceName === 'string' && {resourceName: displayText(resourceName, 60)}),
		...(otherServers.length > 0 && {otherServers}),
	};
};

/** The challenge's scope, else all that the resource lists, else none (MCP); undefined where that is for the server to say. */
const scopeFor = (
	{scope, protectedResource}: Provider,
	metadata: JsonObject | undefined,
	{challenge}: Probe,
	{server, isOpenId}: FoundServer,
): string | undefined => {
	if (scope !== undefined || (metadata === undefined && isOpenId && challenge === undefined)) return undefined;
	const listed: unknown = metadata?.['scopes_supported'];
	const all = Array.isArray(listed) ? listed.filter(name => typeof name === 'string').join(' ') : '';
	const asked = challenge?.scope ?? protectedResource?.challengedScope ?? scopeList(all) ?? '';
	const mayLast = asked !== '' && server.scopes_supported?.includes('offline_access') === true;
	return mayLast && !asked.split(' ').includes('offline_access') ? `${asked} offline_access` : asked;
};
