import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import * as esbuild from 'esbuild';
import {createFileStore} from '../../source/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {limit, round, type Figure} from './figure.js';
import {alternate, median, processTime, ratio, spread, type Trial} from './measure.js';
import {isInstalled, startKeyring} from './peers.js';
import type {Part} from './parts.js';
import {writeMsalCache} from './msal-cache.js';

const fixture = (name: string) => path.join(import.meta.dirname, 'fixtures', name);
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
		route: 'device',
		provider: {name: 'oidc', issuer: 'https://auth.example', clientId: 'client'},
		server: {issuer: 'https://auth.example', token_endpoint: 'https://auth.example/token'},
	} as const;
};

/** Whole processes: from the start of the program to its end, as a shell waits for it. */
export const start: Part = async ({node, version, build, runs, folder}) => {
	const cli = path.join(build, 'command', 'cli.js');
	const home = path.join(folder, 'home');
	await createFileStore({directory: home}).write('default', session());
	const msalCache = path.join(folder, 'msal.json');
	writeMsalCache(msalCache);
	await using server = await startScriptedServer();
	await using keyring = await startKeyring(folder, async environment => {
		const {openStore} = await import('../../source/store/index.js');
		const store = await openStore({
			kind: 'keyring',
			home: path.join(folder, 'keyring-home'),
			environment,
		});
		await store.write('default', session());
	});

	// The engine as an application bundles it, beside the modules of the package as they are.
	mkdirSync(path.join(folder, 'engine'));
	const engine = path.join(folder, 'engine', 'engine.mjs');
	await esbuild.build({
		stdin: {contents: "export {TokenEngine, oidc, openStore} from './engine.js'", resolveDir: build},
		outdir: path.dirname(engine),
		entryNames: 'engine',
		outExtension: {'.js': '.mjs'},
		bundle: true,
		splitting: true,
		minify: true,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		external: ['@napi-rs/keyring', 'open', 'clipboardy', 'undici'],
		logLevel: 'silent',
	});

	const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Trial =>
		processTime(node, {args, env: {INK_LOGIN_HOME: home, ...env}});
	const importing = (file: string) =>
		run(['--input-type=module', '--eval', `await import(${JSON.stringify(pathToFileURL(file).href)})`]);
	const trials: Record<string, Trial> = {
		bare: run(['-e', '0']),
		// What any program costs that is an ES module, before its first line does anything.
		module: run(['--input-type=module', '--eval', '0']),
		version: run([cli, '--version']),
		token: run([cli, 'token']),
		...(keyring && {
			keyring: run([cli, 'token'], {...keyring.environment, INK_LOGIN_HOME: path.join(folder, 'keyring-home')}),
		}),
		engine: importing(path.join(build, 'engine.js')),
		bundledEngine: importing(engine),
		oauth4webapi: run(['--input-type=module', '--eval', "await import('oauth4webapi')"]),
		openidClient: run(['--input-type=module', '--eval', "await import('openid-client')"]),
		openidDevice: run([fixture('openid-client-device.js')], {ISSUER: server.issuer}),
		msalToken: run([fixture('msal-cached.js')], {MSAL_CACHE: msalCache}),
		msalDevice: run([fixture('msal-device.js')]),
		...(isInstalled('gh') && {
			gh: processTime(node, {command: 'gh', args: ['auth', 'token'], env: {GH_TOKEN: 'gho_token'}}),
		}),
		...(isInstalled('oidc-token') && {
			oidcToken: processTime(node, {command: 'oidc-token', args: ['--version']}),
		}),
	};
	const times = await alternate(trials, runs);
	const of = (name: string) => times[name] ?? [];
	const besides = (name: string) =>
		`${round(median(of(name)), 1)} ms, half of the runs within ${round(spread(of(name)) * 100, 0)} %`;
	const overBare = (name: string, what: string, atMost?: number): Figure => {
		const {median: value, fastest} = ratio(of(name), of('bare'));
		return {part: 'start', what, value, fastest, unit: 'ratio', note: besides(name), ...(atMost && {atMost})};
	};
	const above = (name: string, base: string, what: string, atMost?: number): Figure => ({
		part: 'start',
		what,
		unit: 'ms',
		value: median(of(name)) - median(of(base)),
		fastest: Math.min(...of(name)) - Math.min(...of(base)),
		note: besides(name),
		...(atMost && {atMost}),
	});
	const peers: readonly (readonly [string, string])[] = [
		['openidClient', 'openid-client: import'],
		['openidDevice', 'openid-client: discovery and a device code from a server on this machine'],
		['msalToken', '@azure/msal-node: a cached token'],
		['msalDevice', '@azure/msal-node: a device code, the network answered in memory'],
		['gh', 'gh auth token'],
		['oidcToken', 'oidc-token (its start alone)'],
	];
	return [
		overBare('bare', '`node -e 0`'),
		overBare('version', '`ink-login --version` ÷ `node -e 0`', limit(version, 1.15, 1.2)),
		overBare('token', '`ink-login token`, file store ÷ `node -e 0`', limit(version, 1.25, 1.45)),
		...(keyring ? [overBare('keyring', '`ink-login token`, keyring ÷ `node -e 0`', limit(version, 1.6, 1.8))] : []),
		above('engine', 'module', "`import 'ink-login/engine'` over bare Node.js", limit(version, 20, 10)),
		above('bundledEngine', 'module', 'the same, bundled by the application', limit(version, 20, 10)),
		above('oauth4webapi', 'module', 'oauth4webapi alone: import over bare Node.js'),
		...peers.filter(([name]) => of(name).length > 0).map(([name, what]) => overBare(name, `${what} ÷ \`node -e 0\``)),
	];
};
