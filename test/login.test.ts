import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type TestContext} from 'node:test';
import {approveDevice} from './support/oidc-server/approve.js';
import type {DemoServer} from './support/oidc-server/start-demo-server.js';
import {temporaryFolder} from './support/built-command.js';
import {demoServer} from './support/demo-server.js';
import {runInPty} from './support/pty.js';

/** A program without Ink of its own that asks `login()` for a session; options come as JSON. */
const programFor = async (t: TestContext, {issuer, clientId}: DemoServer): Promise<string> => {
	const file = path.join(await temporaryFolder(t), 'program.mts');
	const index = new URL('../source/index.ts', import.meta.url).href;
	await writeFile(
		file,
		`
import {createMemoryStore, login, oidc, screen, TokenEngine} from '${index}';
const provider = oidc({issuer: '${issuer}', clientId: '${clientId}'});
const engine = new TokenEngine({provider, store: createMemoryStore()});
try {
	const session = await login(engine, {show: screen, ...JSON.parse(process.argv[2] ?? '{}')});
	console.log('signed in:', session.identity?.name);
} catch (error) {
	console.log('failed:', error.code, error.shown ? 'and shown' : 'in silence');
}
`,
	);
	return file;
};

const codePattern = /\b[A-Z]{4}-[A-Z]{4}\b/;

/** The program without any terminal; a code is approved as soon as it is shown. */
const piped = async (program: string, options: object, issuer: string) => {
	const env = {PATH: process.env['PATH']};
	const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, JSON.stringify(options)], {
		env,
	});
	const heard = {stdout: '', stderr: ''};
	let isApproved = false;
	for (const name of ['stdout', 'stderr'] as const) {
		child[name].setEncoding('utf8').on('data', (text: string) => {
			heard[name] += text;
			const [userCode] = codePattern.exec(heard[name]) ?? [];
			if (userCode === undefined || isApproved) return;
			isApproved = true;
			void approveDevice({issuer, userCode});
		});
	}

	const [code] = (await once(child, 'close')) as [number | null];
	return {...heard, code};
};

test('without a terminal login() writes plain lines to stderr, or NDJSON to stdout, and the process ends by itself', async t => {
	const server = await demoServer(t);
	const program = await programFor(t, server);
	const lines = await piped(program, {flow: 'device'}, server.issuer);
	assert.equal(lines.code, 0);
	assert.equal(lines.stdout, 'signed in: Alice Demo\n');
	assert.match(lines.stderr, /^Check +[A-Z]{4}-[A-Z]{4} is shown there/m);
	const json = await piped(program, {flow: 'device', show: 'ndjson'}, server.issuer);
	assert.equal(json.stderr, '');
	assert.match(json.stdout, /^\{"type":"signed-in".*\}\nsigned in: Alice Demo\n$/m);
});

test('without a person login() never hangs: person_required, whatever flow was left to choose', async t => {
	const server = await demoServer(t);
	const program = await programFor(t, server);
	for (const flow of ['auto', 'ask']) {
		for (const more of [{}, {pending: false}]) {
			const {stdout, stderr, code} = await piped(program, {flow, ...more}, server.issuer);
			assert.match(stdout, /^failed: person_required /);
			assert.equal(stdout.endsWith('and shown\n'), stderr !== '', stderr);
			assert.equal(code, 0);
		}
	}
});

test('a failure that lines or NDJSON have told is not for the program to tell again', async t => {
	const server = await demoServer(t);
	const program = await programFor(t, server);
	for (const show of ['plain', 'ndjson']) {
		const {stdout} = await piped(program, {flow: 'device', timeout: 0.001, show}, server.issuer);
		assert.match(stdout, /^failed: timeout and shown$/m);
	}
});

test('where someone listens, login() spells the code in lines that are never repainted', async t => {
	const server = await demoServer(t);
	const program = await programFor(t, server);
	const args = ['--import', 'tsx', program, JSON.stringify({flow: 'device'})];
	await using terminal = runInPty({args, env: {ACCESSIBLE: '1'}});
	const text = await terminal.waitFor(/Spelled: (\w, ){4}dash/);
	const [userCode = ''] = codePattern.exec(text) ?? [];
	await approveDevice({issuer: server.issuer, userCode});
	await terminal.waitFor(/signed in: Alice Demo/);
	assert.equal((await terminal.exit).code, 0);
	assert.ok(!terminal.output.includes('\u001B['), 'nothing is repainted');
});

test('who leaves the screen of login() is cancelled; the terminal is as it was, and the program goes on', async t => {
	const server = await demoServer(t);
	const program = await programFor(t, server);
	for (const [key, options] of [
		['\u0003', {flow: 'device'}],
		['\u001B', {flow: 'ask'}],
	] as const) {
		await using terminal = runInPty({args: ['--import', 'tsx', program, JSON.stringify(options)]});
		await terminal.waitFor(options.flow === 'ask' ? /❯ 1/ : codePattern);
		terminal.write(key);
		await terminal.waitFor(/failed: cancelled and shown/);
		assert.equal((await terminal.exit).code, 0);
		assert.ok(terminal.emulator.cursor.visible);
		assert.equal(terminal.emulator.bracketedPaste, false);
	}
});
