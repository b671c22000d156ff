/** As which client a login at a protected resource signs in, where nobody registered one by hand. */
import {LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {isForgotten, registerClient} from '../oauth/client-registration.js';
import type {ClientRegistration, ResolvedProvider} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import type {TokenStore} from '../session/types.js';
import type {EventOf} from './events.js';

/** How the client came to be known. */
export type ClientOrigin = EventOf<'client'>['how'];

type Settled = {readonly how: ClientOrigin; readonly provider: ResolvedProvider};

/** The redirect URI of a flow that has none, for servers that register no client without one. */
const someRedirect = 'http://127.0.0.1:8484/callback';

/** The port that was registered comes first: half of the servers compare it. A new registration may have any. */
const redirectFor = (
	{redirect}: ResolvedProvider,
	how: ClientOrigin | undefined,
	registration: ClientRegistration | undefined,
): ResolvedProvider['redirect'] => {
	if (redirect?.uri !== undefined || how === 'given' || how === 'metadata-document') return redirect;
	const registered = registration?.redirectUris.map(uri => Number(new URL(uri).port)) ?? [];
	return {...redirect, ports: [...new Set([...registered, ...(redirect?.ports ?? []), 0])]};
};

/**
 * The client of one login, in the order given, registered there before, Client ID Metadata Document, registered now. It
 * is settled when a flow knows its redirect URI, which may have to be registered.
 */
export class ClientIdentity {
	/** How the client will be known, as far as that can be told before a flow is opened. */
	readonly how: ClientOrigin | undefined;
	readonly redirect: ResolvedProvider['redirect'];
	readonly #provider: ResolvedProvider;
	readonly #store: TokenStore;
	readonly #stored: ClientRegistration | undefined;

	private constructor(provider: ResolvedProvider, store: TokenStore, stored: ClientRegistration | undefined) {
		this.#provider = provider;
		this.#store = store;
		this.#stored = stored;
		const hasStored = stored !== undefined && provider.clientId === '';
		this.how = provider.clientId === '' ? (hasStored ? 'stored' : this.#otherwise()) : 'given';
		this.redirect = redirectFor(provider, this.how, stored);
	}

	static async of(provider: ResolvedProvider, store: TokenStore, now: number): Promise<ClientIdentity> {
		const stored = await store.readClient?.(provider.server.issuer);
		const isExpired = stored?.expiresAt !== undefined && stored.expiresAt <= now;
		return new ClientIdentity(provider, store, isExpired ? undefined : stored);
	}

	/**
	 * Settles the client of one flow.
	 *
	 * @param redirectUri - where the flow listens; none for a flow without a redirect
	 * @throws LoginError where somebody has to register one first
	 */
	async settle(context: RequestContext, redirectUri?: string): Promise<Settled> {
		const provider = this.#provider;
		if (this.how === 'given') return {how: 'given', provider};
		const stored = await this.#alive(context, redirectUri);
		if (stored !== undefined) return {how: 'stored', provider: stored};
		const how = this.#otherwise();
		if (how === 'metadata-document') {
			const clientId = provider.protectedResource?.clientMetadataUrl ?? '';
			return {how, provider: {...provider, clientId, clientAuthentication: 'none'}};
		}

		const uri = redirectUri ?? someRedirect;
		if (how === undefined) throw nobodyKnown(provider, uri);
		const registration = await registerClient(context, uri);
		await this.#store.writeClient?.(provider.server.issuer, registration);
		return {how, provider: this.#as(registration)};
	}

	/** Forgets the registration, which may be what kept the browser from coming back. */
	async forget(): Promise<void> {
		await this.#store.writeClient?.(this.#provider.server.issuer, undefined);
	}

	/** What there is without a registration of before. */
	#otherwise(): 'metadata-document' | 'registered' | undefined {
		const {protectedResource, server} = this.#provider;
		const methods = server.token_endpoint_auth_methods_supported;
		const takesDocument =
			server['client_id_metadata_document_supported'] === true && (methods === undefined || methods.includes('none'));
		if (takesDocument && protectedResource?.clientMetadataUrl !== undefined) return 'metadata-document';
		return server.registration_endpoint === undefined ? undefined : 'registered';
	}

	async #alive(context: RequestContext, redirectUri: string | undefined): Promise<ResolvedProvider | undefined> {
		const stored = this.#stored;
		if (stored === undefined || (redirectUri !== undefined && !stored.redirectUris.includes(redirectUri)))
			return undefined;
		const provider = this.#as(stored);
		if (!(await isForgotten({...context, provider}))) return provider;
		await this.forget();
		return undefined;
	}

	#as(registration: ClientRegistration): ResolvedProvider {
		const {clientId, clientSecret, clientAuthentication} = registration;
		return {
			...this.#provider,
			clientId,
			...(clientSecret !== undefined && {clientSecret}),
			...(clientAuthentication !== undefined && {clientAuthentication}),
			registration,
		};
	}
}

const nobodyKnown = ({server}: ResolvedProvider, redirectUri: string): LoginError => {
	const host = displayText(new URL(server.issuer).host, 80);
	return new LoginError('config_error', `${host} doesn't let apps register themselves.`, {
		hint: words => `Register an app there with the redirect URI ${redirectUri}, ${words.clientId}.`,
	});
};
