import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import * as esbuild from 'esbuild';
import {createFileStore, openStore} from '../../source/session/store/index.js';
import {bundledEngine} from './built-size.js';
import {round, type Figure} from './figure.js';
import {startKeyring} from './keyring.js';
import {alternate, median, processTime, ratio, spread, type Program, type Trial} from './measure.js';
import type {Part} from './parts.js';

const hour = 3_600_000;

/** A session as a login leaves it, its token good for an hour and of the size that identity providers make. */
const session = () => {
	const now = Date.now();
	return {
		version: 1,
		tokens: {
			accessToken: 'a'.repeat(1400),
			tokenType: 'bearer',
			issuedAt: now,
			expiresAt: now + hour,
			refreshToken: 'r'.repeat(80),
			scope: 'openid offline_access',
		},
		flow: 'device',
		provider: {name: 'oidc', issuer: 'https://auth.example', clientId: 'client'},
		server: {issuer: 'https://auth.example', token_endpoint: 'https://auth.example/token'},
	} as const;
};

/** Whole processes: from the start of the program to its end, as a shell waits for it. */
export const start: Part = async ({node, build, runs, folder}) => {
	const cli = path.join(build, 'command', 'cli.cjs');
	const home = path.join(folder, 'home');
	await createFileStore({directory: home}).write('default', session());
	const keyringHome = path.join(folder, 'keyring-home');
	await using keyring = await startKeyring(folder, async environment => {
		const store = openStore({kind: 'keyring', home: keyringHome, environment});
		await store.write('default', session());
	});

	const bundle = path.join(folder, 'engine');
	mkdirSync(bundle);
	await esbuild.build({...bundledEngine(build), outdir: bundle});

	const run = (args: readonly string[], more: Omit<Program, 'args'> = {}): Trial =>
		processTime(node, {...more, args, env: {INK_LOGIN_HOME: home, ...more.env}});
	const module = (program: string) => run(['--input-type=module', '--eval', program]);
	const importing = (file: string) => module(`await import(${JSON.stringify(pathToFileURL(file).href)})`);
	const times = await alternate<string>(
		{
			bare: run(['-e', '0']),
			// What any ES module costs before its first line does anything.
			module: module('0'),
			version: run([cli, '--version']),
			token: run([cli, 'token']),
			kubernetes: run([cli, 'token', '--format', 'kubernetes', '--type', 'access']),
			git: run([cli, 'helper', 'git', 'get'], {input: 'protocol=https\nhost=auth.example\n\n'}),
			exec: run([cli, 'exec', '--', 'true']),
			...(keyring && {keyring: run([cli, 'token'], {env: {...keyring.environment, INK_LOGIN_HOME: keyringHome}})}),
			engine: importing(path.join(build, 'engine.js')),
			bundledEngine: importing(path.join(bundle, 'engine.mjs')),
		},
		runs,
	);
	const of = (name: string) => times[name] ?? [];
	const besides = (name: string) =>
		`${round(median(of(name)), 1)} ms, half of the runs within ${round(spread(of(name)) * 100, 0)} %`;
	const overBare = (name: string, what: string, atMost?: number): Figure => {
		const {median: value, fastest} = ratio(of(name), of('bare'));
		return {part: 'start', what, value, fastest, unit: 'ratio', note: besides(name), atMost};
	};
	const overModule = (name: string, what: string): Figure => ({
		part: 'start',
		what,
		unit: 'ms',
		value: median(of(name)) - median(of('module')),
		fastest: Math.min(...of(name)) - Math.min(...of('module')),
		note: besides(name),
		atMost: 20,
	});
	return [
		overBare('bare', '`node -e 0`'),
		overBare('version', '`ink-login --version` ÷ `node -e 0`', 1.25),
		overBare('token', '`ink-login token`, from a file ÷ `node -e 0`', 1.25),
		overBare('kubernetes', '`ink-login token --format kubernetes` ÷ `node -e 0`', 1.25),
		overBare('git', '`ink-login helper git get` ÷ `node -e 0`', 1.25),
		overBare('exec', '`ink-login exec -- true` ÷ `node -e 0`', 1.6),
		...(keyring ? [overBare('keyring', '`ink-login token`, from a keyring ÷ `node -e 0`', 1.6)] : []),
		overModule('engine', "`import 'ink-login/engine'` over bare Node.js"),
		overModule('bundledEngine', 'the same, bundled by the application'),
	];
};
