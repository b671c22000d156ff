import {omitUndefined, randomWord} from '../core/clock.js';
import {cancelled, LoginError, toLoginError, type LoginErrorCode} from '../core/errors.js';
import {displayText, type DisplayText} from '../core/safe-text.js';
import {isObject} from '../core/types.js';
import {isSameClient, type ProviderSettings, type ResolvedProvider, type Provider} from '../oauth/provider.js';
import type {LoginRequest} from '../oauth/request-parameters.js';
import type {KnownServer, RecordStore, StoredSession, TokenStore} from '../session/types.js';
import type {LoginOptions, PendingOptions, SavedFlow} from './flow.js';
import type {LoginParts} from './login.js';

/** Where a login is that no process need be busy with. */
type Progress =
	/** With the server's response once it is here, as it came: to ask again would be to spend the approval twice. */
	| {readonly status: 'waiting'; readonly flow: SavedFlow; readonly response?: SavedResponse}
	/** Nothing secret is left of those that are over. */
	| {readonly status: 'signed-in'; readonly signedInAt: number}
	| {readonly status: 'failed'; readonly code: LoginErrorCode; readonly message: string; readonly hint: string};

type SavedResponse = {
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
	/** Where its session is saved. */
	readonly store: TokenStore['kind'];
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

const day = 86_400_000;

export const longestMessage = 160;

const idPattern = /^[a-z2-9]{8}$/;

/** The name of the mark of a cancel: one of its own, so that no process that is busy with the login can undo it. */
const cancelMark = (id: string) => `${id}-cancelled`;

const withoutSecret = <Given extends Provider>({
	clientSecret: _,
	clientKey: __,
	...settings
}: Given): Omit<Given, 'clientSecret' | 'clientKey'> => settings;

/** What is read of every login that is there; one that is damaged must not keep others from beginning. */
const isWhole = (login: Partial<PendingLogin>): boolean => {
	const {version, profile, startedAt, expiresAt, provider, progress} = login;
	const isKnown = typeof profile === 'string' && isObject(provider) && URL.canParse(provider.issuer);
	const isTimed = typeof startedAt === 'number' && typeof expiresAt === 'number';
	if (version !== 1 || !isKnown || !isTimed || !isObject(progress)) return false;
	return progress.status === 'waiting' ? isObject(progress.flow) : typeof progress.status === 'string';
};

const parse = (text: string | undefined, id: string): PendingLogin | undefined => {
	try {
		const login: unknown = JSON.parse(text ?? '');
		return isObject(login) && login['id'] === id && isWhole(login) ? (login as PendingLogin) : undefined;
	} catch {
		return undefined;
	}
};

/** Where it is; undefined where it is over. */
export const progressOf = (login: PendingLogin | undefined) =>
	login?.progress.status === 'waiting' ? login.progress : undefined;

export const isApproved = (login: PendingLogin): boolean => {
	const {flow, response} = progressOf(login) ?? {};
	return response !== undefined || (flow?.flow === 'browser' && flow.code !== undefined);
};

const isWaiting = (login: PendingLogin, now: number): boolean =>
	progressOf(login) !== undefined && (login.expiresAt > now || isApproved(login));

const unknown = (id: string): LoginError =>
	new LoginError('expired_token', `There's no sign-in ${displayText(id, 20)} here, or it has expired.`, {
		hint: 'Start a new sign-in.',
	});

const recordsOf = async (store: TokenStore): Promise<RecordStore> => {
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

/** Marks a login as cancelled: the process that is busy with it ends it, and revokes tokens that still come. */
export const markCancelled = async (store: TokenStore, {id}: PendingLogin, now: number): Promise<void> => {
	const records = await recordsOf(store);
	await records.write(cancelMark(id), '', {expiresAt: now + day});
};

/** What of a provider is on disk may be shown: where a pending login signs in. */
export const providerOf = ({
	provider: {server: _, flows: __, requestedScope: ___, resourceName: ____, registration: _____, ...settings},
}: PendingLogin): ProviderSettings => settings;

const requestOf = ({prompt, acrValues, maxAge, loginHint}: LoginOptions): LoginRequest =>
	omitUndefined({prompt, acrValues, maxAge, loginHint});

type RecordParts = Pick<LoginParts, 'store' | 'profile' | 'clock' | 'random' | 'provider' | 'remembered'>;

/**
 * A pending login as this process last saw it, and every change of it:
 *
 * none → waiting → waiting with a response (or a code) → signed in; from each of them to failed.
 *
 * All but `read` is for the process that holds the lock of the profile's logins. A cancel needs no lock, so it is a mark
 * of its own, and the next change turns it into a failure.
 */
export class PendingRecord {
	#login: PendingLogin | undefined;
	readonly #parts: RecordParts;
	readonly #options: LoginOptions;
	readonly #records: RecordStore;
	readonly #asked: string;

	private constructor(parts: RecordParts, options: LoginOptions, records: RecordStore) {
		this.#parts = parts;
		this.#options = options;
		this.#records = records;
		this.#asked = JSON.stringify([withoutSecret(parts.provider), requestOf(options), options.flow ?? 'auto']);
	}

	static async of(parts: RecordParts, options: LoginOptions): Promise<PendingRecord> {
		return new PendingRecord(parts, options, await recordsOf(parts.store));
	}

	get login(): PendingLogin | undefined {
		return this.#login;
	}

	/** The login as it is on disk by now: the one that is named, or one that asks for the same. */
	async read(): Promise<PendingLogin | undefined> {
		const {store, profile, clock, provider} = this.#parts;
		const {id = this.#login?.id}: PendingOptions = {...this.#options.pending};
		const isSame = (other: PendingLogin) => other.asked === this.#asked && other.profile === profile;
		const login = await (id === undefined ? findPending(store, clock.now(), isSame) : readPending(store, id));
		this.#login = login;
		if (login === undefined) return undefined;
		if (login.profile !== profile || !isSameClient(login.provider, provider)) {
			throw new LoginError('config_error', `The sign-in ${login.id} is for another profile, server or app.`, {
				hint: 'Resume it with the profile, server and app it was started with.',
			});
		}

		if (login.progress.status === 'waiting' && !isWaiting(login, clock.now())) throw unknown(login.id);
		return login;
	}

	/**
	 * The session, where it has come; a process may have died when it had saved that, and not yet noted it here.
	 *
	 * @throws LoginError what the login ended with, or that its session is no longer there
	 */
	async outcome(): Promise<StoredSession | undefined> {
		const {store, profile} = this.#parts;
		const progress = this.#login?.progress;
		if (progress?.status === 'failed') {
			const {code, message, hint} = progress;
			throw new LoginError(code, message, {hint});
		}

		const signedInAt = progress?.status === 'waiting' ? progress.response?.at : progress?.signedInAt;
		if (signedInAt === undefined) return undefined;
		const stored = await store.read(profile);
		if (stored?.signedInAt === signedInAt && stored.dead !== true) {
			await this.end({status: 'signed-in', signedInAt});
			return stored;
		}

		if (progress?.status === 'waiting') return undefined;
		throw new LoginError('person_required', 'The session from this sign-in has ended or was replaced.', {
			hint: 'Start a new sign-in.',
		});
	}

	/** Saves where its flow is; a login that is not there yet begins. */
	async save(flow: SavedFlow, provider: ResolvedProvider): Promise<void> {
		const known = this.#login;
		if (known === undefined) {
			await this.#begin(flow, provider);
			return;
		}

		const expiresAt = isApproved(known) ? known.expiresAt : flow.expiresAt;
		await this.#write({...known, expiresAt, progress: {...progressOf(known), status: 'waiting', flow}});
	}

	/** Saves the response, and gives the flow the time that it takes to fetch it from here. */
	async saveResponse(response: SavedResponse): Promise<void> {
		const login = this.#login;
		const {flow} = progressOf(login) ?? {};
		if (login === undefined || flow === undefined) return;
		const {at} = response;
		const lasting: SavedFlow =
			flow.flow === 'device'
				? {...flow, expiresAt: at + day, polling: {...flow.polling, nextPollAt: at}}
				: {...flow, expiresAt: at + day};
		await this.#write({...login, progress: {status: 'waiting', flow: lasting, response}}, true);
	}

	/** @throws LoginError `cancelled` where someone has cancelled the login */
	async refuseCancelled(): Promise<void> {
		const login = this.#login;
		if (login === undefined || (await this.#records.read(cancelMark(login.id))) === undefined) return;
		const error = cancelled('This sign-in was cancelled.');
		await this.fail(error);
		throw error;
	}

	async fail({code, message, hint}: LoginError): Promise<void> {
		await this.end({status: 'failed', code, message, hint});
	}

	/** Leaves nothing secret of it. */
	async end(progress: Exclude<Progress, {readonly status: 'waiting'}>): Promise<void> {
		const login = this.#login;
		if (login === undefined || progressOf(login) === undefined) return;
		const {registration: _, ...provider} = login.provider;
		await this.#write({...login, provider, progress});
	}

	async #begin(flow: SavedFlow, provider: ResolvedProvider): Promise<void> {
		const {store, profile, clock, random, remembered} = this.#parts;
		// What is asked of the person is a part of its own: the session is saved without it.
		const {prompt, loginHint, parameters} = this.#parts.provider;
		// Where the keyring is, nothing goes to a file.
		await store.prepare?.();
		const {pending, switchAccount} = this.#options;
		const {message: given = ''}: PendingOptions = {...pending};
		const message = displayText(given, longestMessage);
		await this.#write({
			version: 1,
			id: randomWord(random, 8),
			profile,
			store: store.kind,
			...(message !== '' && {message}),
			startedAt: clock.now(),
			expiresAt: flow.expiresAt,
			asked: this.#asked,
			provider: {...withoutSecret(provider), prompt, loginHint, parameters},
			...remembered,
			request: requestOf(this.#options),
			...(typeof switchAccount === 'boolean' && {switchAccount}),
			progress: {status: 'waiting', flow},
		});
	}

	async #write(login: PendingLogin, isOnlyCopy = false): Promise<void> {
		const expiresAt = isApproved(login) ? Math.max(login.expiresAt, this.#parts.clock.now() + day) : login.expiresAt;
		await this.#records.write(login.id, JSON.stringify(login), {expiresAt, isOnlyCopy});
		this.#login = login;
	}
}
