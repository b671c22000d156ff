import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {describe, test, type TestContext} from 'node:test';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {commandInPty, pipedCommand} from '../support/built-command.js';
import {freePort, listen} from '../support/loopback.js';

/** A port that something else holds. */
const takenPort = async (t: TestContext): Promise<number> => listen(t, createServer());

type Failure = {
	readonly when: string;
	readonly script?: ServerScript;
	readonly args: readonly string[] | ((t: TestContext) => Promise<readonly string[]>);
	/** Signs in elsewhere than at the scripted server. */
	readonly issuer?: () => Promise<string>;
	/** Whether someone follows the address that the browser was called with. */
	readonly visits?: boolean;
	readonly code: EventOf<'failed'>['code'];
	readonly sentence: RegExp;
	readonly next: RegExp;
	/** What a person can press then; none where the login is over. */
	readonly keys?: RegExp;
};

const device = ['--flow', 'device'];
const browser = ['--flow', 'browser'];
const refused = (error: string, status = 400) => ({status, body: {error}});

const declined = (parameters: URLSearchParams) => {
	parameters.delete('code');
	parameters.set('error', 'access_denied');
	return parameters;
};

const failures: readonly Failure[] = [
	{
		when: 'the person declines the code',
		script: {interval: 1, responses: {token: refused('access_denied')}},
		args: device,
		code: 'access_denied',
		sentence: /^Sign-in was declined\.$/,
		next: /^If that was a mistake, try again/,
		keys: /n new code · b this computer's browser · esc cancel/,
	},
	{
		when: 'the person declines in the browser',
		script: {callback: declined},
		args: browser,
		visits: true,
		code: 'access_denied',
		sentence: /^Sign-in was declined\.$/,
		next: /^If that was a mistake, try again/,
		keys: /enter try again · d another device · esc cancel/,
	},
	{
		when: 'the code expires',
		script: {interval: 1, responses: {token: refused('expired_token')}},
		args: device,
		code: 'expired_token',
		sentence: /^The code expired before anyone approved it\.$/,
		next: /^Ask for a new code/,
		keys: /n new code · b this computer's browser · esc cancel/,
	},
	{
		when: 'nothing listens at the issuer',
		issuer: async () => `http://127.0.0.1:${await freePort()}`,
		args: device,
		code: 'network_error',
		sentence: /^Can't connect to 127\.0\.0\.1:\d+: connection refused\.$/,
		next: /^Check your network/,
	},
	{
		when: 'the server knows no such client, as a code is asked for',
		script: {responses: {deviceAuthorization: refused('invalid_client', 401)}},
		args: device,
		code: 'invalid_client',
		sentence: /^The server doesn't accept this app\.$/,
		next: /^Check the client ID/,
		keys: /b this computer's browser · esc cancel/,
	},
	{
		when: 'the server knows no such client, as the browser is back',
		script: {responses: {token: refused('invalid_client', 401)}},
		args: browser,
		visits: true,
		code: 'invalid_client',
		sentence: /^The server doesn't accept this app\.$/,
		next: /^Check the client ID/,
		keys: /d another device · esc cancel/,
	},
	{
		when: "the server's metadata names another issuer",
		script: {metadata: metadata => ({...metadata, issuer: 'https://other.example'})},
		args: device,
		code: 'config_error',
		sentence: /^The server at http:\/\/127\.0\.0\.1:\d+ says that it is https:\/\/other\.example\.$/,
		next: /^Check the issuer/,
	},
	{
		when: 'the server has no codes',
		script: {metadata: ({device_authorization_endpoint: _, ...metadata}) => metadata},
		args: device,
		code: 'device_unsupported',
		sentence: /^The provider doesn't offer codes\.$/,
		next: /^Use another flow/,
		keys: /b this computer's browser · esc cancel/,
	},
	{
		when: 'the port is taken',
		args: async t => [...browser, '--port', String(await takenPort(t))],
		code: 'port_in_use',
		sentence: /^Port \d+ (\(used by .*\) )?is in use\.$/,
		next: /^Close the program that uses it.* --port\.$/,
		keys: /enter try again · d another device · esc cancel/,
	},
];

/** Milliseconds, so that what never ends fails. */
const timeout = 120_000;

type Arranged = {readonly args: readonly string[]; readonly program: string; readonly visit: () => Promise<void>};

const arrange = async (t: TestContext, {script, args, issuer, visits = false}: Failure): Promise<Arranged> => {
	const server: ScriptedServer = await startScriptedServer(script);
	t.after(async () => server.close());
	const opened = await browserScript(t);
	const more = typeof args === 'function' ? await args(t) : args;
	const at = issuer ? await issuer() : server.issuer;
	return {
		args: ['login', '--issuer', at, '--client-id', 'test-client', '--store', 'memory', ...more],
		program: opened.program,
		async visit() {
			if (visits) await server.openBrowser((await opened.next()) as never, t.signal);
		},
	};
};

describe('what goes wrong is one sentence, the next step, and an exit code', {concurrency: 2}, () => {
	for (const failure of failures) {
		const {when, code, sentence, next, keys} = failure;

		test(`${when}: as plain lines`, {timeout}, async t => {
			const {args, program, visit} = await arrange(t, failure);
			const command = await pipedCommand(t, [...args, '--plain'], {BROWSER: program});
			await visit();
			assert.equal(await command.ended, 1);
			const lines = command.heard.stderr.trimEnd().split('\n');
			assert.match(lines.at(-2)!, sentence);
			assert.match(lines.at(-1)!, next);
			assert.equal(lines.filter(line => sentence.test(line)).length, 1, 'it is said once');
			assert.equal(command.heard.stdout, '');
		});

		test(`${when}: as JSON`, {timeout}, async t => {
			const {args, program, visit} = await arrange(t, failure);
			const command = await pipedCommand(t, [...args, '--json'], {BROWSER: program});
			await visit();
			assert.equal(await command.ended, 1);
			const lines = command.heard.stdout.trimEnd().split('\n');
			const failed = JSON.parse(lines.at(-1)!) as LoginEvent;
			assert.ok(failed.type === 'failed');
			assert.equal(failed.code, code);
			assert.match(failed.message, sentence);
			assert.match(failed.hint, next);
			assert.equal(command.heard.stderr, '');
		});

		test(`${when}: on the screen`, {timeout}, async t => {
			const {args, program, visit} = await arrange(t, failure);
			const run = await commandInPty(t, args, {env: {BROWSER: program}});
			await visit();
			// A decision of the person's has no red mark.
			if (code !== 'access_denied') await run.waitFor(/✖/);
			if (keys) {
				await run.waitFor(keys);
				run.write('\u001B');
			}

			const {code: exitCode} = await run.exit;
			assert.equal(exitCode, 1);
			const [first, ...others] = run.emulator.text
				.trim()
				.split('\n')
				.map(line => line.replace(/^✖ /, '').trim());
			// A row of a screen ends without a full stop.
			assert.match(`${first}.`, sentence);
			if (!keys) assert.match(others.join(' '), next);
			assert.equal(run.emulator.cursor.visible, true);
			if (process.env['SHOW']) console.log(run.emulator.text);
		});
	}
});
