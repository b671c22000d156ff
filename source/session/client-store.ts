/** The clients that this program registered, by issuer (RFC 7591): in the store of the sessions, as safe as they are. */
import {isTokenText} from '../core/safe-text.js';
import {isObject} from '../core/types.js';
import type {ClientRegistration} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import type {StoredSession, TokenStore} from './types.js';

const nameOf = (issuer: string): string => `client ${issuer}`;

const isRegistration = (value: unknown): value is ClientRegistration => {
	if (!isObject(value)) return false;
	const {clientId, clientSecret = 'none', redirectUris, management, expiresAt = 0} = value;
	const {url = 'none', token = 'none'} = (management ?? {}) as Record<string, unknown>;
	return (
		[clientId, clientSecret, url, token].every(isTokenText) &&
		typeof expiresAt === 'number' &&
		Array.isArray(redirectUris) &&
		redirectUris.every(uri => typeof uri === 'string' && URL.canParse(uri))
	);
};

/** How this program is registered there. If that can't be read, a login registers again. */
export const readClient = async (store: TokenStore, issuer: string): Promise<ClientRegistration | undefined> => {
	try {
		const value: unknown = JSON.parse((await (await store.records?.())?.read(nameOf(issuer))) ?? 'null');
		return isRegistration(value) ? value : undefined;
	} catch {
		return undefined;
	}
};

/** Saves a registration for later logins. The session has it too, so failing to save it only costs another registration. */
export const writeClient = async (
	store: TokenStore,
	issuer: string,
	registration: ClientRegistration,
): Promise<void> => {
	const records = await store.records?.();
	await records?.write(nameOf(issuer), JSON.stringify(registration)).catch(() => undefined);
};

/** Forgets a registration, unless another has taken its place. */
export const forgetClient = async (
	store: TokenStore,
	{clientId}: ClientRegistration,
	issuer: string,
): Promise<void> => {
	if ((await readClient(store, issuer))?.clientId !== clientId) return;
	const records = await store.records?.();
	await records?.remove(nameOf(issuer)).catch(() => undefined);
};

/**
 * Takes back the registration of a session that has ended, here and at the server (RFC 7592), unless another session or a
 * pending login has it too.
 */
export const deleteClient = async (
	store: TokenStore,
	{registration, provider: {issuer}}: StoredSession,
	context: RequestContext,
	isPending: (client: {readonly issuer: string; readonly clientId: string}) => Promise<boolean>,
): Promise<void> => {
	if (registration === undefined) return;
	const others = await Promise.all(
		(await store.list()).map(async profile => store.read(profile).catch(() => undefined)),
	);
	const isUsed = others.some(
		other => other?.provider.issuer === issuer && other.provider.clientId === registration.clientId,
	);
	if (isUsed || (await isPending({issuer, clientId: registration.clientId}))) return;
	await forgetClient(store, registration, issuer);
	const {deleteRegistration} = await import('../oauth/client-registration.js');
	await deleteRegistration(context, registration);
};
