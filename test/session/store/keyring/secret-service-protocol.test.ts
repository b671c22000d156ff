import assert from 'node:assert/strict';
import {chownSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {
	askSecretService,
	type SecretServiceReply,
	type SecretServiceQuery,
} from '../../../../source/session/store/keyring/secret-service.js';
import {errorReply, hangUp, reply, signal, startBus, type MessageOptions, type Value} from './d-bus-peer.js';
import {temporaryFolder} from '../fixtures.js';

type Environment = SecretServiceQuery['environment'];

const attributes = {service: 'ink-login', username: '/home/someone'};

const ask = async (environment: Environment, timeout = 60_000): Promise<SecretServiceReply> =>
	askSecretService({environment, timeout, attributes});

/** The serials of our calls, in the order in which they are made. */
const serial = {hello: 1, openSession: 2, searchItems: 3, next: 4, afterThat: 5};

const session = '/org/freedesktop/secrets/session/s1';
const item = '/org/freedesktop/secrets/collection/login/1';
const key = Buffer.alloc(32, 7).toString('base64');

const greeting = (options?: MessageOptions) =>
	Buffer.concat([
		Buffer.from('OK 0123\r\n'),
		reply(serial.hello, [{type: 's', value: ':1.9'}], options),
		signal(options),
	]);

const opened = (options?: MessageOptions) =>
	reply(
		serial.openSession,
		[
			{type: 'v', value: {type: 's', value: ''}},
			{type: 'o', value: session},
		],
		options,
	);

const found = (unlocked: readonly string[], locked: readonly string[] = [], options?: MessageOptions) =>
	reply(
		serial.searchItems,
		[
			{type: 'ao', value: unlocked},
			{type: 'ao', value: locked},
		],
		options,
	);

const secret = (
	{of = session, parameters = '', value = key}: {of?: string; parameters?: string; value?: string} = {},
	options?: MessageOptions,
) =>
	reply(
		serial.next,
		[
			{
				type: '()',
				value: [
					{type: 'o', value: of},
					{type: 'ay', value: Buffer.from(parameters)},
					{type: 'ay', value: Buffer.from(value, 'latin1')},
					{type: 's', value: 'text/plain'},
				],
			},
		],
		options,
	);

const locked = (to: number, value: 0 | 1, options?: MessageOptions) =>
	reply(to, [{type: 'v', value: {type: 'b', value}}], options);

const first = (...responses: readonly Buffer[]) => Buffer.concat([greeting(), ...responses]);

for (const [order, options] of [
	['the usual byte order', {isLittle: true}],
	['the other byte order', {isLittle: false}],
] as const) {
	test(`the one item that is not locked is read, in ${order}, in whatever pieces and order the responses come`, async t => {
		const greet = greeting(options);
		for (const responses of [
			[opened(options), found([item], [], options)],
			[found([item], [], options), signal(options), opened(options)],
		]) {
			const words = [Buffer.concat([greet, ...responses]), secret({}, options)];
			for (const slowly of [false, true]) {
				assert.deepEqual(await ask(await startBus(t, words, slowly)), {state: 'found', secret: key});
			}
		}
	});

	test(`where there is none, it is asked whether the keyring is locked, in ${order}`, async t => {
		const words = Buffer.concat([greeting(options), opened(options), found([], [], options)]);
		for (const [answer, state] of [
			[locked(serial.next, 0, options), 'ready'],
			[locked(serial.next, 1, options), 'locked'],
			[errorReply(serial.next, 'org.freedesktop.DBus.Error.UnknownObject', options), 'ready'],
		] as const) {
			for (const slowly of [false, true]) {
				assert.deepEqual(await ask(await startBus(t, [words, answer], slowly)), {state});
			}
		}
	});
}

test('an item in a locked keyring is locked, without a further question', async t => {
	const others = [[], [item]];
	for (const unlocked of others) {
		assert.deepEqual(await ask(await startBus(t, [first(opened(), found(unlocked, [item]))])), {state: 'locked'});
	}
});

test('a keyring that gets locked before it hands out the secret is locked', async t => {
	const refusal = errorReply(serial.next, 'org.freedesktop.Secret.Error.IsLocked');
	assert.deepEqual(await ask(await startBus(t, [first(opened(), found([item])), refusal])), {state: 'locked'});
});

const object: Value = {type: 'o', value: session};
/** A list of five bytes whose one path takes six, and an empty list. */
const overrun = Buffer.from([5, 0, 0, 0, 1, 0, 0, 0, 0x2f, 0, 0, 0, 0, 0, 0, 0]);
const huge = Buffer.from([0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);

for (const [what, responses] of [
	['two items', [first(opened(), found([item, `${item}1`]))]],
	[
		'a session that is refused',
		[first(errorReply(serial.openSession, 'org.freedesktop.DBus.Error.NotSupported'), found([item]))],
	],
	['a session of another type', [first(reply(serial.openSession, [object]), found([item]))]],
	[
		'a session of a type that nobody knows',
		[first(opened({signature: 'vo', body: Buffer.from([1, 0x69, 0, 0, 1, 0, 0, 0, 0x2f, 0])}), found([item]))],
	],
	[
		'a search that fails',
		[first(opened(), errorReply(serial.searchItems, 'org.freedesktop.DBus.Error.ServiceUnknown'))],
	],
	['a search of another type', [first(opened(), found([item], [], {signature: 'aouu'}))]],
	['a search that ends too early', [first(opened(), found([item], [], {body: Buffer.from([9, 0, 0, 0, 3, 0])}))]],
	['a search with a path longer than their list', [first(opened(), found([item], [], {body: overrun}))]],
	['a search longer than its message', [first(opened(), found([item], [], {body: huge}))]],
	['a secret of another session', [first(opened(), found([item])), secret({of: '/other'})]],
	['a secret that is encrypted', [first(opened(), found([item])), secret({parameters: 'nonce'})]],
	['a secret that is no text', [first(opened(), found([item])), secret({value: '\xff\0'})]],
	['an empty secret', [first(opened(), found([item])), secret({value: ''})]],
	['a secret that ends too early', [first(opened(), found([item])), secret({}, {body: Buffer.from([4, 0])})]],
	['a secret longer than its message', [first(opened(), found([item])), secret({}, {body: huge})]],
	['a secret of another type', [first(opened(), found([item])), secret({}, {signature: 's'})]],
	[
		'an item that is gone',
		[first(opened(), found([item])), errorReply(serial.next, 'org.freedesktop.Secret.Error.NoSuchObject')],
	],
] as const) {
	test(`${what} is left to the native module, which is not to wait for a person`, async t => {
		const to = responses.length === 1 ? serial.next : serial.afterThat;
		assert.deepEqual(await ask(await startBus(t, [...responses, locked(to, 0)])), {state: 'ready'});
		assert.deepEqual(await ask(await startBus(t, [...responses, locked(to, 1)])), {state: 'locked'});
		// Anyone who cannot say it is taken to be locked.
		assert.deepEqual(await ask(await startBus(t, [...responses, reply(to, [object])])), {state: 'locked'});
	});
}

test('its time runs from when this process can listen: what blocks it meanwhile takes none of that', async t => {
	const asked = ask(await startBus(t, [first(opened(), found([item])), secret()]), 2000);
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
	assert.equal((await asked).state, 'found');
});

test('a peer that is no bus is as good as none', async t => {
	const endless = reply(serial.hello, []);
	endless.writeUInt32LE(0xffff_fff0, 4);
	const strange = reply(serial.hello, []);
	// A length of its header's fields that is not the one that they have.
	strange.writeUInt32LE(2, 12);
	for (const bytes of [
		'REJECTED EXTERNAL\r\n',
		'HTTP/1.1 400 Bad Request\r\n\r\n',
		'x'.repeat(70_000),
		Buffer.concat([Buffer.from('OK\r\n'), endless]),
		Buffer.concat([Buffer.from('OK\r\n'), strange]),
		// In one piece with what would have been followed by a question.
		first(opened(), found([item]), endless),
	]) {
		assert.deepEqual(await ask(await startBus(t, [Buffer.from(bytes)])), {state: 'absent'});
	}
});

test('a peer that hangs up, be it in the middle of a word, is as good as none', async t => {
	const start = first(opened(), found([item]));
	for (const words of [
		[hangUp],
		[start.subarray(0, 5), hangUp],
		[start.subarray(0, -1), hangUp],
		[start, hangUp],
		[start, secret().subarray(0, -1), hangUp],
		[start, secret({value: ''}), hangUp],
	] as const) {
		assert.deepEqual(await ask(await startBus(t, words)), {state: 'absent'});
	}
});

test('answers to questions that nobody asked change nothing', async t => {
	const strangers = [reply(99, [object]), errorReply(serial.afterThat, 'x'), locked(0, 1)];
	const words = [first(...strangers, opened(), found([item])), Buffer.concat([...strangers, secret(), secret()])];
	assert.equal((await ask(await startBus(t, words))).state, 'found');
});

test('without an address that can be asked, or with nobody there, there is none', async t => {
	const folder = temporaryFolder(t);
	for (const environment of [
		{},
		{XDG_RUNTIME_DIR: folder},
		{DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1'},
		{DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/none`},
		{DBUS_SESSION_BUS_ADDRESS: 'unix:path=%zz'},
		{DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=/no/such/bus'},
	]) {
		assert.deepEqual(await ask(environment), {state: 'absent'});
	}
});

test('a bus whose place another user may have taken is not asked', {skip: process.platform !== 'linux'}, async t => {
	const words = [first(opened(), found([item])), secret()];
	const name = `ink-login-${process.pid}`;
	await startBus(t, words, false, `\0${name}`);
	assert.deepEqual(await ask({DBUS_SESSION_BUS_ADDRESS: `unix:abstract=${name}`}), {state: 'absent'});

	const file = path.join(temporaryFolder(t), 'bus');
	const environment = await startBus(t, words, false, file);
	assert.equal((await ask(environment)).state, 'found');
	const {getuid} = process;
	t.after(() => Object.assign(process, {getuid}));
	if (getuid?.() === 0) chownSync(file, 4242, 4242);
	else process.getuid = () => 4242;
	assert.deepEqual(await ask(environment), {state: 'absent'});
});

test('a bus that takes the connection and falls silent, sooner or later, is told apart', async t => {
	const start = first(opened(), found([item]));
	for (const words of [[], [greeting()], [first(opened())], [start], [start, secret().subarray(0, -1)]]) {
		assert.deepEqual(await ask(await startBus(t, words), 20), {state: 'silent'});
	}
});
