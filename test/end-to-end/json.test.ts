import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test, type TestContext} from 'node:test';
import {Ajv2020, type AnySchemaObject} from 'ajv/dist/2020.js';
import {approveDevice as approveDemoDevice} from '../../source/demo/approve.js';
import {approveAuthorization, approveDevice} from '../support/oidc-server/approve.js';
import type {LoginEvent} from '../../source/login/events.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {pipedCommand, type PipedCommand} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';

const schema = JSON.parse(
	readFileSync(new URL('../../build/event-schema.json', import.meta.url), 'utf8'),
) as AnySchemaObject;
const isEvent = new Ajv2020({allErrors: true, formats: {uri: text => URL.canParse(text)}}).compile(schema);

const eventsOf = ({heard}: PipedCommand): LoginEvent[] => {
	assert.match(heard.stdout, /\n$/, 'each line is ended');
	return heard.stdout
		.trimEnd()
		.split('\n')
		.map(line => {
			const event = JSON.parse(line) as LoginEvent;
			assert.ok(isEvent(event), `${line}: ${JSON.stringify(isEvent.errors)}`);
			return event;
		});
};

const typesOf = (command: PipedCommand): string[] => eventsOf(command).map(({type}) => type);

const loginArgs = ({issuer}: {readonly issuer: string}, ...more: readonly string[]): string[] => [
	...['login', '--issuer', issuer, '--client-id', 'test-client', '--store', 'memory', '--json'],
	...more,
];

/** A provider that remembers every secret that went over the wire, in either direction. */
const watchedServer = async (t: TestContext): Promise<{server: ScriptedServer; secrets: () => string[]}> => {
	const given: unknown[] = [];
	const names = ['device_code', 'code', 'code_verifier', 'access_token', 'refresh_token', 'id_token'];
	const remember = async (_: unknown, conforming: () => Promise<{readonly body: unknown; readonly status: number}>) => {
		const reply = await conforming();
		given.push(reply.body);
		return reply as never;
	};
	const server = await startScriptedServer({
		interval: 1,
		responses: {token: remember, deviceAuthorization: remember},
	});
	t.after(async () => server.close());
	return {
		server,
		secrets() {
			const sent = server.requests.flatMap(({parameters}) => names.flatMap(name => parameters.getAll(name)));
			const answered = given.flatMap(body => names.flatMap(name => (body as Record<string, string>)[name] ?? []));
			return [...new Set([...sent, ...answered])];
		},
	};
};

const assertNothingSecret = ({heard}: PipedCommand, secrets: readonly string[], atLeast: number): void => {
	assert.ok(secrets.length >= atLeast, `there was something to keep: ${secrets.length}`);
	for (const secret of secrets) {
		for (const form of [secret, encodeURIComponent(secret)]) {
			assert.ok(!`${heard.stdout}${heard.stderr}`.includes(form), `${form} was told`);
		}
	}
};

test('--flow browser --json opens BROWSER and tells its events in order, and no secret', async t => {
	const {server, secrets} = await watchedServer(t);
	const script = await browserScript(t);
	const command = await pipedCommand(t, loginArgs(server, '--flow', 'browser'), {BROWSER: script.program});
	const opened = await script.next();
	const address = JSON.parse(await command.line('stdout', /"authorization-url"/)) as LoginEvent;
	assert.ok(address.type === 'authorization-url');
	assert.ok([address.url, address.shortUrl].includes(opened as never));
	await command.line('stdout', /"opened"/);
	await server.openBrowser(opened as never, t.signal);
	assert.equal(await command.ended, 0);
	assert.deepEqual(typesOf(command), [
		'discovery',
		'flow-opened',
		'authorization-url',
		'browser',
		'browser',
		'exchange',
		'signed-in',
	]);
	assert.equal(command.heard.stderr, '');
	// The authorization code, its verifier, and three tokens.
	assertNothingSecret(command, secrets(), 5);
});

test('--flow browser --json --no-open opens nothing, and tells the address to open', async t => {
	const {server, secrets} = await watchedServer(t);
	const script = await browserScript(t);
	const command = await pipedCommand(t, loginArgs(server, '--flow', 'browser', '--no-open'), {BROWSER: script.program});
	const address = JSON.parse(await command.line('stdout', /"authorization-url"/)) as LoginEvent;
	assert.ok(address.type === 'authorization-url');
	await server.openBrowser(address.shortUrl, t.signal);
	assert.equal(await command.ended, 0);
	assert.equal(script.calls, 0);
	const events = eventsOf(command);
	assert.deepEqual(
		events.flatMap(event => (event.type === 'browser' ? event.status : [])),
		['skipped'],
	);
	assert.equal(events.at(-1)?.type, 'signed-in');
	assertNothingSecret(command, secrets(), 5);
});

test('--flow device --json tells its events in order, and no secret', async t => {
	const {server, secrets} = await watchedServer(t);
	const command = await pipedCommand(t, loginArgs(server, '--flow', 'device'));
	await command.line('stdout', /"device-code"/);
	await command.line('stdout', /"poll"/);
	server.slowDown();
	server.approve();
	assert.equal(await command.ended, 0);
	assert.deepEqual(typesOf(command), ['discovery', 'flow-opened', 'device-code', 'poll', 'slow-down', 'signed-in']);
	assert.equal(command.heard.stderr, '');
	// The device code, and three tokens.
	assertNothingSecret(command, secrets(), 4);
});

for (const flow of ['browser', 'device'] as const) {
	test(`--flow ${flow} --json ends with one failed event when it is declined`, async t => {
		const {server, secrets} = await watchedServer(t);
		server.script.callback = parameters => {
			parameters.delete('code');
			parameters.set('error', 'access_denied');
			return parameters;
		};
		const script = await browserScript(t);
		const command = await pipedCommand(t, loginArgs(server, '--flow', flow), {BROWSER: script.program});
		if (flow === 'browser') {
			await server.openBrowser((await script.next()) as never, t.signal);
		} else {
			await command.line('stdout', /"device-code"/);
			server.deny();
		}

		assert.equal(await command.ended, 1);
		const events = eventsOf(command);
		const terminal = events.filter(({type}) => type === 'failed' || type === 'signed-in');
		assert.equal(terminal.length, 1);
		const last = events.at(-1);
		assert.ok(last?.type === 'failed' && last.code === 'access_denied');
		assert.notEqual(last.hint, '');
		assertNothingSecret(command, secrets(), flow === 'browser' ? 0 : 1);
	});
}

test('against a real server, both flows with --json end with the person that signed in', async t => {
	const {issuer, clientId} = await demoServer(t);
	const args = ['login', '--issuer', issuer, '--client-id', clientId, '--store', 'memory', '--json'];
	const script = await browserScript(t);
	const browser = await pipedCommand(t, [...args, '--flow', 'browser'], {BROWSER: script.program});
	await approveAuthorization({url: await script.next()});
	assert.equal(await browser.ended, 0);

	const device = await pipedCommand(t, [...args, '--flow', 'device']);
	const shown = JSON.parse(await device.line('stdout', /"device-code"/)) as LoginEvent;
	assert.ok(shown.type === 'device-code');
	await approveDevice({issuer, userCode: shown.userCode});
	assert.equal(await device.ended, 0);

	for (const command of [browser, device]) {
		const last = eventsOf(command).at(-1);
		assert.ok(last?.type === 'signed-in');
		assert.equal(last.identity?.email, 'alice@example.test');
		assert.equal(last.refreshable, true);
	}
});

test('the demo with --json tells its server first, and then what every login tells', async t => {
	const command = await pipedCommand(t, ['demo', '--json', '--flow', 'device']);
	const first = JSON.parse(await command.line('stdout', /./)) as {type: string; issuer: string; clientId: string};
	assert.deepEqual(Object.keys(first), ['type', 'issuer', 'clientId']);
	assert.equal(first.type, 'demo-server');
	const shown = JSON.parse(await command.line('stdout', /"device-code"/)) as LoginEvent;
	assert.ok(shown.type === 'device-code');
	await approveDemoDevice(first.issuer, shown.userCode);
	assert.equal(await command.ended, 0);
	assert.equal(typesOf(command).at(-1), 'signed-in');
});
