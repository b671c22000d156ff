import type {EnvironmentVariables} from '../../../core/types.js';
import {SessionBus, sessionBusPath} from './d-bus.js';
import type {MethodCall, MethodReply, Reader} from './d-bus-message.js';

/** What the desktop's Secret Service answers when asked for a secret. */
export type SecretServiceReply =
	| {readonly state: 'found'; readonly secret: string}
	/** It has none to give, or not in the way that was expected; the native module will not have to wait for a person. */
	| {readonly state: 'ready'}
	/** To use it, someone must type a password into a window. */
	| {readonly state: 'locked'}
	/** Something takes the connection and says nothing. */
	| {readonly state: 'silent'}
	/** There is none, or none that can be asked this way. */
	| {readonly state: 'absent'};

export type SecretServiceQuery = {
	readonly environment: EnvironmentVariables;
	/** Milliseconds for all that is said. */
	readonly timeout: number;
	readonly attributes: Readonly<Record<string, string>>;
};

/**
 * Reads a secret where nobody need be asked for it (Secret Service API, sections 5 to 8), in two rounds: a session and a
 * search, then the secret itself. The native module takes several times as long, and waits without end, on the main
 * thread, for a bus that does not answer or a window that nobody sees.
 *
 * Only an item that is the only one and not locked is read. All else is left to the native module, so the last question
 * is whether that would have to wait.
 */
export const askSecretService = async ({
	environment,
	timeout,
	attributes,
}: SecretServiceQuery): Promise<SecretServiceReply> => {
	const path = sessionBusPath(environment);
	if (path === undefined) return {state: 'absent'};
	const bus = new SessionBus(path);
	let timer: NodeJS.Timeout | undefined;
	let start: NodeJS.Immediate | undefined;
	const noReply = new Promise<SecretServiceReply>(resolve => {
		// The time runs from when this process can listen: loading a module may block it for longer, on a slow disk.
		start = setImmediate(() => (timer = setTimeout(() => resolve({state: 'silent'}), timeout)));
	});
	try {
		return await Promise.race([converse(bus, attributes), noReply]);
	} catch {
		return {state: 'absent'};
	} finally {
		clearImmediate(start);
		clearTimeout(timer);
		bus.close();
	}
};

const converse = async (bus: SessionBus, attributes: Readonly<Record<string, string>>): Promise<SecretServiceReply> => {
	const [opened, found] = await Promise.all([bus.call(openSession), bus.call(searchItems(attributes))]);
	const session = valueOf(opened, 'vo', body => {
		body.variant();
		return body.text();
	});
	const items = valueOf(found, 'aoao', body => {
		const paths = () => body.array(4, () => body.text());
		return {unlocked: paths(), locked: paths()};
	});
	if (items !== undefined && items.locked.length > 0) return {state: 'locked'};
	const [item, other] = items?.unlocked ?? [];
	if (session !== undefined && item !== undefined && other === undefined) {
		const given = await bus.call(getSecret(item, session));
		if (given.error === 'org.freedesktop.Secret.Error.IsLocked') return {state: 'locked'};
		const secret = secretOf(given, session);
		if (secret !== undefined) return {state: 'found', secret};
	}

	const isLocked = await bus.call(isDefaultLocked);
	// No such keyring, or no such service: the native module will be told the same at once.
	if (isLocked.error !== undefined) return {state: 'ready'};
	return {state: valueOf(isLocked, 'v', body => body.variant()) === 0 ? 'ready' : 'locked'};
};

const service = {
	to: 'org.freedesktop.secrets',
	path: '/org/freedesktop/secrets',
	face: 'org.freedesktop.Secret.Service',
};

/**
 * Plain: the bus hands the response to nobody but us, and anyone who may listen to it may ask the same question. The
 * encryption that there is proves no identity, "is not envisioned to withstand man in the middle attacks", and is for
 * programs that keep secrets out of memory that is swapped, which this one cannot (Secret Service API, section 7).
 */
const openSession: MethodCall = {
	...service,
	name: 'OpenSession',
	signature: 'sv',
	write: body => body.text('plain').signature('s').text(''),
};

/** It answers for locked keyrings too, whose items it lists apart. */
const searchItems = (attributes: Readonly<Record<string, string>>): MethodCall => ({
	...service,
	name: 'SearchItems',
	signature: 'a{ss}',
	write: body => body.array(Object.entries(attributes), ([name, value]) => body.text(name).text(value)),
});

const getSecret = (item: string, session: string): MethodCall => ({
	to: service.to,
	path: item,
	face: 'org.freedesktop.Secret.Item',
	name: 'GetSecret',
	signature: 'o',
	write: body => body.text(session),
});

const isDefaultLocked: MethodCall = {
	to: service.to,
	path: '/org/freedesktop/secrets/aliases/default',
	face: 'org.freedesktop.DBus.Properties',
	name: 'Get',
	signature: 'ss',
	write: body => body.text('org.freedesktop.Secret.Collection').text('Locked'),
};

/** Undefined for an error, and for anything but what was asked for. */
const valueOf = <Value>(
	{error, signature, body}: MethodReply,
	expected: string,
	read: (body: Reader) => Value,
): Value | undefined => {
	if (error !== undefined || signature !== expected) return undefined;
	try {
		return read(body);
	} catch {
		return undefined;
	}
};

/** A secret is a structure of its session, the parameters of the encryption (none), the value and its type. */
const secretOf = (reply: MethodReply, session: string): string | undefined =>
	valueOf(reply, '(oayays)', body => {
		const isOurs = body.text() === session && body.bytes().length === 0;
		const secret = body.bytes().toString('latin1');
		// Ours is Base64.
		return isOurs && /^[\x20-\x7E]+$/.test(secret) ? secret : undefined;
	});
