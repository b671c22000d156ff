import type {Random} from '../core/clock.js';
import {LoginError, toLoginError, type LoginErrorCode} from '../core/errors.js';
import {displayText, type DisplayText} from '../core/safe-text.js';
import type {ProviderSettings, ResolvedProvider, Provider} from '../oauth/provider.js';
import type {LoginRequest} from '../oauth/request-parameters.js';
import type {KnownServer, RecordStore, TokenStore} from '../session/types.js';
import type {SavedFlow} from './flow.js';

/** Where a login is that no process need be busy with. */
export type Progress =
	/** With the server's response once it is here, as it came: to ask again would be to spend the approval twice. */
	| {readonly status: 'waiting'; readonly flow: SavedFlow; readonly response?: SavedResponse}
	/** Nothing secret is left of those that are over. */
	| {readonly status: 'signed-in'; readonly signedInAt: number}
	| {readonly status: 'failed'; readonly code: LoginErrorCode; readonly message: string; readonly hint: string};

export type SavedResponse = {
	readonly body: string;
	readonly contentType: string;
	/** When it came; the session counts as signed in then, by which it is known again. */
	readonly at: number;
};

/** A login that outlives the processes that are busy with it: what is on disk of it. */
export type PendingLogin = Omit<KnownServer, 'provider'> & {
	readonly version: 1;
	readonly id: string;
	readonly profile: string;
	/** Why the agent asks. */
	readonly message?: DisplayText;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	/** Epoch milliseconds. */
	readonly expiresAt: number;
	/** All that was asked for: a login that asks for the same continues this one. */
	readonly asked: string;
	readonly provider: Omit<ResolvedProvider, 'clientSecret' | 'clientKey'>;
	/** What was asked of the person. */
	readonly request: LoginRequest;
	readonly switchAccount?: boolean;
	readonly progress: Progress;
};

export const day = 86_400_000;

/** What it may be typed with: no letter looks like a digit. */
const idLetters = 'abcdefghjkmnpqrstuvwxyz23456789';
const idPattern = /^[a-z2-9]{8}$/;

export const newId = (random: Random): string =>
	Array.from(random(8), byte => idLetters[byte % idLetters.length]).join('');

/** The name of the mark of a cancel: one of its own, so that no process that is busy with the login can undo it. */
export const cancelMark = (id: string) => `${id}-cancelled`;

export const withoutSecret = <Given extends Provider>({
	clientSecret: _,
	clientKey: __,
	...settings
}: Given): Omit<Given, 'clientSecret' | 'clientKey'> => settings;

const parse = (text: string | undefined, id: string): PendingLogin | undefined => {
	if (text === undefined) return undefined;
	const login = JSON.parse(text) as Partial<PendingLogin>;
	return login.version === 1 && login.id === id ? (login as PendingLogin) : undefined;
};

/** Where it is; undefined where it is over. */
export const progressOf = (login: PendingLogin | undefined) =>
	login?.progress.status === 'waiting' ? login.progress : undefined;

export const isApproved = (login: PendingLogin): boolean => {
	const {flow, response} = progressOf(login) ?? {};
	return response !== undefined || (flow?.flow === 'browser' && flow.code !== undefined);
};

export const isWaiting = (login: PendingLogin, now: number): boolean =>
	progressOf(login) !== undefined && (login.expiresAt > now || isApproved(login));

export const unknown = (id: string): LoginError =>
	new LoginError('expired_token', `There's no sign-in ${displayText(id, 20)} here, or it has expired.`, {
		hint: 'Start a new sign-in.',
	});

export const recordsOf = async (store: TokenStore): Promise<RecordStore> => {
	const records = await store.records?.();
	if (records !== undefined) return records;
	throw new LoginError('config_error', "This program's store can't save a pending sign-in.", {
		hint: 'Wait until the sign-in is done, or use another store.',
	});
};

/** @throws LoginError `store_error` for one that cannot be read here, `expired_token` for one that is not there */
export const readPending = async (store: TokenStore, id: string): Promise<PendingLogin> => {
	const records = await recordsOf(store);
	const login = idPattern.test(id) ? parse(await records.read(id), id) : undefined;
	if (login === undefined) throw unknown(id);
	return login;
};

/** All that have not expired, newest last, with why one cannot be read here. */
export const listPending = async (
	store: TokenStore,
): Promise<readonly (PendingLogin | {readonly id: string; readonly error: LoginError})[]> => {
	const records = await recordsOf(store);
	const ids = (await records.list()).filter(id => idPattern.test(id));
	const logins = await Promise.all(
		ids.map(async id => readPending(store, id).catch((error: unknown) => ({id, error: toLoginError(error)}))),
	);
	const startOf = (login: (typeof logins)[number]) => ('error' in login ? 0 : login.startedAt);
	return logins.sort((one, other) => startOf(one) - startOf(other));
};

/** The newest login that waits for someone and fits. */
export const findPending = async (
	store: TokenStore,
	now: number,
	fits: (login: PendingLogin) => boolean,
): Promise<PendingLogin | undefined> => {
	const records = await recordsOf(store);
	const waiting = (await listPending(store)).filter(
		login => !('error' in login) && isWaiting(login, now) && fits(login),
	) as readonly PendingLogin[];
	for (const login of [...waiting].reverse()) {
		if ((await records.read(cancelMark(login.id))) === undefined) return login;
	}

	return undefined;
};

/** Whether a login that waits for someone began as this client. */
export const isClientPending = async (
	store: TokenStore,
	now: number,
	{issuer, clientId}: Pick<ProviderSettings, 'issuer' | 'clientId'>,
): Promise<boolean> => {
	const fits = ({provider}: PendingLogin) => provider.issuer === issuer && provider.clientId === clientId;
	return (await findPending(store, now, fits).catch(() => undefined)) !== undefined;
};

/** Marks a login as cancelled: the process that is busy with it ends it, and revokes tokens that come all the same. */
export const markCancelled = async (store: TokenStore, {id}: PendingLogin, now: number): Promise<void> => {
	const records = await recordsOf(store);
	await records.write(cancelMark(id), '', {expiresAt: now + day});
};

/** What of a provider is on disk may be shown: where a pending login signs in. */
export const providerOf = ({
	provider: {server: _, flows: __, requestedScope: ___, resourceName: ____, registration: _____, ...settings},
}: PendingLogin): ProviderSettings => settings;
