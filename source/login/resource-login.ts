/** What a login at a protected resource adds: a question before it begins, and a client that nobody registered by hand. */
import type {Clock} from '../core/clock.js';
import {cancelled, LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {clientPorts} from '../oauth/client-metadata.js';
import {isForgotten, registerByHand, registerClient} from '../oauth/client-registration.js';
import {isForeignHost} from '../oauth/server-url.js';
import type {ClientRegistration, ProtectedResource, ProviderSettings, ResolvedProvider} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import {forgetClient, readClient, writeClient} from '../session/client-store.js';
import type {TokenStore} from '../session/types.js';
import type {EventOf, LoginEvent} from './events.js';
import type {LoginOptions} from './flow.js';

type ClientOrigin = EventOf<'client'>['how'];

/** The redirect URI of a flow that has none, for servers that register no client without one. */
const someRedirect = `http://127.0.0.1:${clientPorts[0]}/callback`;

type Client = {readonly how: ClientOrigin; readonly provider: ResolvedProvider};

type Place = {readonly store: TokenStore; readonly profile: string};

/** What a login at a resource needs of the login. */
type ResourceParts = Place & {
	readonly clock: Clock;
	readonly options: LoginOptions;
	/** Asks the resource again, for one of its servers. */
	readonly discover: (issuer: string) => Promise<ResolvedProvider>;
	readonly signal: AbortSignal;
};

/**
 * A login at a resource. Its client is, in this order, the one that was given, the one that was registered there before,
 * the Client ID Metadata Document, one that is registered now. It is settled when a flow knows its redirect URI, which may
 * have to be registered.
 */
export class ResourceLogin {
	/** With the redirect that the client is registered with. */
	readonly provider: ResolvedProvider;
	readonly #discovered: ResolvedProvider;
	readonly #place: Place;
	readonly #resource: ProtectedResource;
	/** The server of the login before this one. */
	readonly #known: ProviderSettings | undefined;
	#stored: ClientRegistration | undefined;
	#registered: ClientRegistration | undefined;

	private constructor(
		discovered: ResolvedProvider,
		place: Place,
		known: ProviderSettings | undefined,
		stored: ClientRegistration | undefined,
	) {
		this.#place = place;
		this.#resource = discovered.protectedResource ?? {url: ''};
		this.#known = known;
		this.#stored = discovered.clientId === '' ? stored : undefined;
		this.#discovered = discovered;
		this.provider = {...discovered, ...this.#redirect()};
	}

	/** @throws LoginError `cancelled`; `config_error` where a client ID would go to another server than before */
	static async of(found: ResolvedProvider, parts: ResourceParts): Promise<ResourceLogin> {
		const {store, clock} = parts;
		const known = await readKnown(found, parts);
		const discovered = await atOneServer(found, known, parts);
		const {clientId, registration, issuer, protectedResource} = discovered;
		const isGiven = clientId !== '' && registration === undefined && clientId !== protectedResource?.clientMetadataUrl;
		const isSure = protectedResource?.issuer !== undefined;
		if (isGiven && !isSure && known?.clientId === clientId && known.issuer !== issuer)
			throw hasMoved(discovered, known.issuer);
		const stored = await readClient(store, issuer);
		const isExpired = stored?.expiresAt !== undefined && stored.expiresAt <= clock.now();
		return new ResourceLogin(discovered, parts, known, isExpired ? undefined : stored);
	}

	get discovery(): Pick<EventOf<'discovery'>, 'resource'> {
		const {issuer, resourceName: name, server, crossDomainHosts} = this.#discovered;
		const {url} = this.#resource;
		const {hostname, host} = new URL(server.authorization_endpoint ?? issuer);
		const page = isForeignHost(hostname, issuer, crossDomainHosts) ? displayText(host) : undefined;
		const onForeignHost = page !== undefined || new URL(url).hostname !== new URL(issuer).hostname;
		return {resource: {url, ...(name && {name}), ...(onForeignHost && {onForeignHost}), ...(page && {page})}};
	}

	/**
	 * Asks once for each resource and server, and only where they are on different hosts.
	 *
	 * @throws LoginError `cancelled`; `config_error` where nobody can be asked before a secret goes to a server that only
	 * the resource names
	 */
	async confirm({confirmResource}: LoginOptions, signal: AbortSignal): Promise<void> {
		const {resource} = this.discovery;
		const {issuer, requestedScope: scope} = this.#discovered;
		if (resource?.onForeignHost !== true || this.#known?.issuer === issuer) return;
		if (confirmResource === undefined) {
			if (this.#hasSecret && this.#resource.issuer === undefined) throw isUnnamed(this.#discovered);
			return;
		}

		const {url, name, page} = resource;
		const host = new URL(url).host;
		const asking = {host, ...(name && {name}), issuer, ...(page && {page}), scope, client: this.#how};
		if (!(await confirmResource(asking, signal))) throw cancelled();
	}

	/**
	 * Settles the client of one flow.
	 *
	 * @param redirectUri - where the flow listens; none for a flow without a redirect
	 * @throws LoginError where someone has to register one first
	 */
	async settle(
		context: RequestContext,
		emit: (event: LoginEvent) => void,
		redirectUri?: string,
	): Promise<ResolvedProvider> {
		const {how, provider} = await this.#client(context, redirectUri);
		emit({type: 'client', how, clientId: displayText(provider.clientId)});
		return provider;
	}

	async #client(context: RequestContext, redirectUri: string | undefined): Promise<Client> {
		const discovered = this.#discovered;
		// A pending login has the client that it began with.
		if (discovered.clientId !== '') return {how: this.#how ?? 'given', provider: discovered};
		const fits = (registration: ClientRegistration | undefined): registration is ClientRegistration =>
			registration !== undefined && (redirectUri === undefined || registration.redirectUris.includes(redirectUri));
		const stored = this.#stored;
		if (fits(stored)) {
			const provider = this.#as(stored);
			if (!(await isForgotten({...context, provider}))) return {how: 'stored', provider};
			await this.#forget();
		}

		const how = this.#otherwise;
		if (how === undefined) throw nobodyKnown(discovered, redirectUri ?? someRedirect);
		if (how === 'metadata-document') {
			const {clientMetadataUrl: clientId = ''} = this.#resource;
			return {how, provider: {...discovered, clientId, clientAuthentication: 'none'}};
		}

		// Several flows may be open, and have one client.
		let registration = this.#registered;
		if (!fits(registration)) {
			registration = await registerClient(context, redirectUri ?? someRedirect);
			this.#registered = registration;
			await writeClient(this.#place.store, discovered.server.issuer, registration);
		}

		return {how, provider: this.#as(registration)};
	}

	/** If the server has forgotten the registration, perhaps only the browser shows that, and never comes back. */
	async onFailure({code}: LoginError): Promise<void> {
		if (code === 'timeout') await this.#forget();
	}

	/** How the client is known, as far as that can be told before a flow is opened. */
	get #how(): ClientOrigin | undefined {
		const {clientId, registration} = this.#discovered;
		if (clientId !== '' && clientId === this.#resource.clientMetadataUrl) return 'metadata-document';
		if (clientId !== '') return registration === undefined ? 'given' : 'stored';
		return this.#stored === undefined ? this.#otherwise : 'stored';
	}

	/** Whether it sends what the server could use elsewhere. */
	get #hasSecret(): boolean {
		const {clientSecret, workloadIdentity, registration} = this.#discovered;
		return registration === undefined && (clientSecret ?? workloadIdentity) !== undefined;
	}

	/** What there is without a registration of before. */
	get #otherwise(): 'metadata-document' | 'registered' | undefined {
		const {server} = this.#discovered;
		const methods = server.token_endpoint_auth_methods_supported;
		const takesDocument =
			server['client_id_metadata_document_supported'] === true && (methods?.includes('none') ?? true);
		if (takesDocument && this.#resource.clientMetadataUrl !== undefined) return 'metadata-document';
		return server.registration_endpoint === undefined ? undefined : 'registered';
	}

	/** Ports that someone chose, otherwise the registered one first: half of the servers compare it. What is registered now may have any. */
	#redirect(): Pick<ResolvedProvider, 'redirect'> {
		const {redirect} = this.#discovered;
		if (redirect?.uri !== undefined || redirect?.ports?.includes(0) === false) return {};
		const before = (this.#stored?.redirectUris ?? []).map(uri => new URL(uri));
		const isNamed = before.some(({hostname}) => hostname === 'localhost');
		const any = this.#how === 'stored' || this.#how === 'registered' ? [0] : [];
		const ports = new Set([...before.map(({port}) => Number(port)), ...(redirect?.ports ?? [...clientPorts, ...any])]);
		return {redirect: {...redirect, ...(isNamed && {host: 'localhost'}), ports: [...ports]}};
	}

	async #forget(): Promise<void> {
		const stored = this.#stored;
		this.#stored = undefined;
		if (stored !== undefined) await forgetClient(this.#place.store, stored, this.#discovered.server.issuer);
	}

	#as(registration: ClientRegistration): ResolvedProvider {
		const {clientId, clientSecret, clientAuthentication} = registration;
		return {
			...this.#discovered,
			clientId,
			...(clientSecret !== undefined && {clientSecret}),
			...(clientAuthentication !== undefined && {clientAuthentication}),
			registration,
		};
	}
}

/** The server that the profile's session is of, or its last one was. */
const readKnown = async (
	{protectedResource}: ResolvedProvider,
	{store, profile}: Place,
): Promise<ProviderSettings | undefined> => {
	const known = (await store.read(profile))?.provider ?? (await store.readPreferences(profile)).server?.provider;
	return known?.protectedResource?.url === protectedResource?.url ? known : undefined;
};

/** Of several servers the one that is known, or where this program is registered; otherwise the one that the person chooses. */
const atOneServer = async (
	{otherServers = [], ...found}: ResolvedProvider,
	known: ProviderSettings | undefined,
	{store, options: {chooseServer}, discover, signal}: ResourceParts,
): Promise<ResolvedProvider> => {
	if (otherServers.length === 0) return found;
	const servers = [found.issuer, ...otherServers];
	const registrations = await Promise.all(servers.map(async issuer => readClient(store, issuer)));
	const host = new URL(found.protectedResource?.url ?? found.issuer).host;
	const issuer =
		servers.find(issuer => issuer === known?.issuer) ??
		servers.find((_, index) => registrations[index] !== undefined) ??
		(chooseServer === undefined ? found.issuer : await chooseServer({host, servers}, signal));
	if (issuer === undefined) throw cancelled();
	if (issuer === found.issuer) return found;
	// Chosen for this login: the next one may be at another server.
	const {protectedResource} = found;
	return {...(await discover(issuer)), protectedResource};
};

const hasMoved = ({issuer, protectedResource}: ResolvedProvider, before: string): LoginError => {
	const host = displayText(new URL(protectedResource?.url ?? issuer).host, 80);
	return new LoginError(
		'config_error',
		`${host} now has people sign in at ${displayText(issuer, 120)}, not at ${displayText(before, 120)}.`,
		{
			hint: words =>
				`Your client ID isn't sent to another server. If you trust the new one, ${words.issuer} ${displayText(issuer, 120)}`,
		},
	);
};

const isUnnamed = ({issuer, protectedResource}: ResolvedProvider): LoginError => {
	const host = displayText(new URL(protectedResource?.url ?? issuer).host, 80);
	const server = displayText(issuer, 120);
	return new LoginError('config_error', `${host} has this app sign in at ${server}, which you didn't name.`, {
		hint: words => `Your secret goes only to servers you name. If you trust this one, ${words.issuer} ${server}`,
	});
};

const nobodyKnown = ({server}: ResolvedProvider, redirectUri: string): LoginError => {
	const host = displayText(new URL(server.issuer).host, 80);
	return new LoginError('config_error', `${host} doesn't let apps register themselves.`, {
		hint: registerByHand(redirectUri),
	});
};
