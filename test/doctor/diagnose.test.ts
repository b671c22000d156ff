import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {omitUndefined, systemClock} from '../../source/core/clock.js';
import {diagnose, type CheckName, type DiagnosedEngine, type Finding} from '../../source/doctor/diagnose.js';
import {oidc} from '../../source/oauth/presets/by-the-book.js';
import {clientKeyFile, type Provider} from '../../source/oauth/provider.js';
import {nodeFileSystem} from '../../source/session/store/file-system.js';
import {createMemoryStore, openStore, type OpenStoreOptions} from '../../source/session/store/index.js';
import {createManualClock, startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';
import {temporaryFolder} from '../support/built-command.js';
import {createPrivateCa} from '../support/certificates.js';
import {desktopEnvironment, environmentOf, noTty} from '../support/environment.js';
import {startForwardProxy} from '../support/forward-proxy.js';
import {isKeyringMissing, startBus, startKeyring, startSilentBus, strangersEnvironment} from '../support/keyring.js';
import {startNamedServer} from '../support/named-server.js';
import {createRegisteringServer, engineFor, issuer, signIn} from '../support/registering-server.js';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A computer where all is well, and what can be wrong with it. */
class World {
	readonly t: TestContext;
	readonly server: ScriptedServer;
	home: string;
	provider: Provider;
	env: Readonly<Record<string, string>> = {...desktopEnvironment};
	store: Partial<OpenStoreOptions> = {kind: 'file'};
	options: Partial<Omit<TokenEngineOptions, 'store'>> = {};
	/** The repair, where only what spoiled it knows how. */
	setRight?: () => Promise<void>;

	constructor(t: TestContext, server: ScriptedServer, home: string) {
		this.t = t;
		this.server = server;
		this.home = home;
		this.provider = server.provider;
	}

	/** As a program makes it that has just been started. */
	get engine(): TokenEngine {
		const store = openStore({home: this.home, ...this.store});
		return new TokenEngine({provider: this.provider, store, signInHint: 'Run: acme login', ...this.options});
	}

	get sessionFile(): string {
		return path.join(this.home, 'profile-default.json');
	}

	async signIn(): Promise<void> {
		const {provider} = this;
		this.provider = {...provider, allowPassword: true};
		const run = this.engine.login({flow: 'password', switchAccount: true});
		for (const text of ['ada', 'analytical engine']) run.command({type: 'enter', flow: 'password', text});
		await run.session;
		this.provider = provider;
	}

	async findings(): Promise<readonly Finding[]> {
		return diagnose(this.engine, {environment: environmentOf({env: this.env})});
	}
}

const startWorld = async (t: TestContext): Promise<World> => {
	const server = await startScriptedServer();
	t.after(async () => server.close().catch(() => undefined));
	const world = new World(t, server, path.join(await temporaryFolder(t), 'home'));
	await world.signIn();
	return world;
};

type Trouble = {
	readonly check: CheckName;
	readonly status?: Finding['status'];
	readonly message: RegExp;
	readonly remedy: RegExp;
	readonly spoil: (world: World) => unknown;
	/** What the remedy says. */
	readonly repair: (world: World) => unknown;
	readonly isMissing?: (t: TestContext) => boolean;
};

const onlyRoot = (t: TestContext): boolean => {
	if (!isRoot) t.skip('only root can');
	return !isRoot;
};

const canMountNothing = (t: TestContext): boolean => {
	const tried = isRoot && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;
	if (!tried) t.skip('no file system can be mounted here');
	return !tried;
};

/** A store that looks for a keyring in an environment of its own. */
const withKeyring = (environment: Record<string, string>): Partial<OpenStoreOptions> => ({
	kind: 'auto',
	environment,
	platform: 'linux',
});

const keyringEnvironment = async ({t}: World) => startBus(t, strangersEnvironment(await temporaryFolder(t)));

const useFile = (world: World) => (world.store = {kind: 'file'});

/** A folder whose file system has a few hundred kilobytes. */
const smallDisk = async ({t}: World): Promise<string> => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ink-login-test-'));
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k,mode=0700', 'tmpfs', folder], {stdio: 'ignore'});
	t.after(() => {
		execFileSync('umount', [folder]);
		rmdirSync(folder);
	});
	return folder;
};

const fill = (file: string) => {
	assert.throws(() => writeFileSync(file, Buffer.alloc(1_000_000)), /ENOSPC/);
};

const troubles: Readonly<Record<string, Trouble>> = {
	'no session bus for the keyring': {
		check: 'keyring',
		status: 'warning',
		message: /no session bus/,
		remedy: /^Save the sessions in files instead\.$/,
		spoil: async world => (world.store = withKeyring(strangersEnvironment(await temporaryFolder(world.t)))),
		repair: useFile,
	},
	'a locked keyring': {
		isMissing: isKeyringMissing,
		check: 'keyring',
		status: 'warning',
		message: /^The system keyring is locked\.$/,
		remedy: /^Unlock it/,
		async spoil(world) {
			const env = await keyringEnvironment(world);
			const stop = await startKeyring(world.t, env, 'a password');
			await stop();
			const stopLocked = await startKeyring(world.t, env);
			world.setRight = async () => {
				await stopLocked();
				await startKeyring(world.t, env, 'a password');
			};
			world.store = withKeyring(env);
		},
		repair: async world => world.setRight?.(),
	},
	'a keyring that never responds': {
		check: 'keyring',
		status: 'warning',
		message: /^The system keyring doesn't respond\.$/,
		remedy: /^Unlock it, or save the sessions in files instead\.$/,
		spoil: async world => (world.store = withKeyring(await startSilentBus(world.t, await temporaryFolder(world.t)))),
		repair: useFile,
	},
	'a clock that is wrong': {
		check: 'clock',
		message: /^This computer's clock is about 3 hours ahead of the server's\.$/,
		remedy: /^Set this computer's clock\.$/,
		spoil: world => (world.options = {clock: {...systemClock, now: () => Date.now() + 3 * 3_600_000}}),
		repair: world => (world.options = {}),
	},
	'a proxy that is not there': {
		check: 'network',
		message: /^Can't connect to the proxy 127\.0\.0\.1:\d+: connection refused\.$/,
		remedy: /unset them/,
		async spoil(world) {
			const proxy = await startForwardProxy({});
			await proxy[Symbol.asyncDispose]();
			world.env = {...world.env, HTTPS_PROXY: `http://name:canary@127.0.0.1:${proxy.port}`};
		},
		repair: world => (world.env = desktopEnvironment),
	},
	'a proxy variable that names no proxy': {
		check: 'network',
		message: /^HTTPS_PROXY isn't the URL of an HTTP proxy\.$/,
		remedy: /unset it/,
		spoil: world => (world.env = {...world.env, HTTPS_PROXY: 'socks5://canary@127.0.0.1:1'}),
		repair: world => (world.env = desktopEnvironment),
	},
	'a private certificate authority': {
		check: 'server',
		message: /^The certificate of localhost:\d+ isn't trusted here/,
		remedy: /trust its certificate/,
		async spoil(world) {
			const network = await startNamedServer('login.corp.test', {issuerAt: port => `https://localhost:${port}`});
			world.t.after(async () => network[Symbol.asyncDispose]());
			world.setRight = async () => void (world.options = {caFile: network.ca.caFile});
			world.provider = network.server.provider;
		},
		repair: async world => world.setRight?.(),
	},
	'a CA file that is gone': {
		check: 'network',
		message: /^The CA file \/no\/such\.pem can't be read/,
		remedy: /^Choose a PEM file/,
		spoil: world => (world.options = {caFile: '/no/such.pem'}),
		async repair(world) {
			const ca = await createPrivateCa();
			world.t.after(async () => ca[Symbol.asyncDispose]());
			world.options = {caFile: ca.caFile};
		},
	},
	'a browser that is not installed': {
		check: 'browser',
		status: 'warning',
		message: /^BROWSER is set to no-such-browser, but that isn't installed/,
		remedy: /unset it/,
		spoil: world => (world.env = {...world.env, BROWSER: 'no-such-browser'}),
		repair: world => (world.env = desktopEnvironment),
	},
	'a read-only home': {
		check: 'folder',
		message: /is on a read-only file system\.$/,
		remedy: /^Make it writable/,
		spoil(world) {
			const createNew = () => {
				throw Object.assign(new Error('canary'), {code: 'EROFS'});
			};
			world.store = {kind: 'file', fileSystem: {...nodeFileSystem, createNew}};
		},
		repair: useFile,
	},
	'a home that others can write to': {
		check: 'folder',
		message: /is a folder that others can write to\.$/,
		remedy: /only you can write to/,
		spoil: world => chmodSync(world.home, 0o777),
		repair: world => chmodSync(world.home, 0o700),
	},
	"another user's home": {
		isMissing: onlyRoot,
		check: 'folder',
		message: /belongs to another user\.$/,
		remedy: /^Set INK_LOGIN_HOME to a folder of your own\.$/,
		spoil: world => chownSync(world.home, nobody, nobody),
		repair: async world => (world.home = path.join(await temporaryFolder(world.t), 'home')),
	},
	'a file in place of the home': {
		check: 'folder',
		message: /is a link or a file, not a folder\.$/,
		remedy: /INK_LOGIN_HOME/,
		spoil(world) {
			rmSync(world.home, {recursive: true});
			writeFileSync(world.home, '');
		},
		repair(world) {
			rmSync(world.home);
			mkdirSync(world.home, {mode: 0o700});
		},
	},
	'a full disk': {
		isMissing: canMountNothing,
		check: 'folder',
		message: /^The disk is full/,
		remedy: /^Free up some space/,
		async spoil(world) {
			world.home = await smallDisk(world);
			await world.signIn();
			fill(path.join(world.home, 'film'));
		},
		repair: world => rmSync(path.join(world.home, 'film')),
	},
	'no discovery': {
		check: 'server',
		message: /^Found no sign-in server at http:\/\/127\.0\.0\.1:\d+\.$/,
		remedy: /endpoints by hand/,
		spoil({server}) {
			server.script.responses = {openidConfiguration: {status: 404}, oauthMetadata: {status: 404}};
		},
		repair(world) {
			const {authorization, token, jwks} = world.server.endpoints;
			world.provider = {...world.provider, endpoints: {authorization, token, jwks}};
		},
	},
	'a client that the server does not know': {
		check: 'client',
		message: /^The server doesn't accept this app\.$/,
		remedy: /^Check the client ID/,
		spoil: ({server}) => (server.script.client = {id: 'another-client'}),
		repair: world => (world.provider = {...world.provider, clientId: 'another-client'}),
	},
	'a key that cannot be read': {
		check: 'client',
		message: /^Can't read the app's key from .*\.pem \(ENOENT\)\.$/,
		remedy: /^Check the path/,
		spoil(world) {
			world.server.script.metadata = metadata => ({
				...metadata,
				token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
			});
			world.provider = {...world.provider, clientKey: clientKeyFile('/nowhere/key.pem')};
		},
		repair: world => (world.provider = {...world.provider, clientKey: undefined}),
	},
	'a server that is down': {
		check: 'server',
		message: /^Can't connect to 127\.0\.0\.1:\d+: connection refused\.$/,
		remedy: /^Check your network/,
		spoil: async ({server}) => server.close(),
		async repair({t, server}) {
			const again = await startScriptedServer({port: Number(new URL(server.issuer).port)});
			t.after(async () => again.close());
		},
	},
	'a session that has ended': {
		check: 'session',
		message: /^The session of "default" has ended\.$/,
		remedy: /^Run: acme login$/,
		async spoil({engine: {store}}) {
			const stored = (await store.read('default')) ?? assert.fail();
			await store.write('default', {...stored, dead: true});
		},
		repair: async world => world.signIn(),
	},
	'a session for another client': {
		check: 'session',
		message: /^The session of "default" isn't the one you asked for\./,
		remedy: /^Run: acme login$/,
		spoil(world) {
			world.server.script.client = {id: 'another-client'};
			world.provider = {...world.provider, clientId: 'another-client'};
		},
		repair: async world => world.signIn(),
	},
	'a damaged session file': {
		check: 'session',
		status: 'warning',
		message: /^The session file of profile "default" is damaged; it was moved to /,
		remedy: /^Run: acme login$/,
		spoil: world => writeFileSync(world.sessionFile, '{"canary', {mode: 0o600}),
		repair: async world => world.signIn(),
	},
};

for (const [name, {isMissing, check, status = 'problem', message, remedy, spoil, repair}] of Object.entries(troubles)) {
	test(`${name}: the first finding, and gone once its remedy is applied`, {timeout: 120_000}, async t => {
		if (isMissing?.(t)) return;
		const world = await startWorld(t);
		await spoil(world);
		const findings = await world.findings();
		const [first] = findings;
		assert.equal(first?.check, check, JSON.stringify(findings));
		assert.equal(first.status, status);
		assert.match(first.message, message);
		assert.match(first.remedy ?? '', remedy);
		assert.equal(new Set(findings.map(({message}) => message)).size, findings.length, 'each is told once');
		assert.doesNotMatch(JSON.stringify(findings), /canary/);

		await repair(world);
		const left = (await world.findings()).filter(finding => finding.message === first.message);
		assert.deepEqual(left, []);
	});
}

test('where all is well, each check says so in one line, and the session is as it was', async t => {
	const world = await startWorld(t);
	const before = await world.engine.store.read('default');
	const findings = await world.findings();
	assert.deepEqual(
		findings.map(({check, status, remedy}) => [check, status, remedy]),
		['terminal', 'browser', 'clipboard', 'network', 'server', 'client', 'clock', 'folder', 'session'].map(check => [
			check,
			'ok',
			undefined,
		]),
	);
	for (const {message} of findings) assert.match(message, /^[^\n]+[.)]$/);
	assert.deepEqual(await world.engine.store.read('default'), before);
	assert.ok(await world.engine.token({minimumValidity: 1_000_000}), 'the session can be refreshed');
});

test('without a server the computer is looked at alone, and that is said', async () => {
	const engine: DiagnosedEngine = {
		store: createMemoryStore(),
		profile: 'work',
		clock: systemClock,
		options: {signInHint: 'Run: acme login'},
	};
	const [first, ...others] = await diagnose(engine, {environment: environmentOf()});
	assert.deepEqual(first, {
		check: 'session',
		status: 'warning',
		message: 'No server is saved for "work", so only this computer was checked.',
		remedy: 'Run: acme login',
	});
	assert.ok(others.every(({status}) => status === 'ok'));
});

test('what is wrong with a server that is asked in vain is told once', async t => {
	const {server, ...world} = await startWorld(t);
	await server.close();
	const engine = new TokenEngine({provider: world.provider, store: createMemoryStore()});
	const problems = (await diagnose(engine, {environment: environmentOf()})).filter(({status}) => status === 'problem');
	assert.deepEqual(
		problems.map(({check}) => check),
		['server'],
	);
});

test('the client that a login registered at a resource is the one that is checked, and no other server hears of it', async () => {
	const server = createRegisteringServer();
	const engine = engineFor(server, createMemoryStore());
	await signIn(server, engine);
	const provider = (await engine.store.read(engine.profile))?.provider;
	assert.ok(provider);
	const {store, profile, clock} = engine;
	const asked = async () => {
		const options = {provider, fetch: server.fetch};
		return diagnose({store, profile, clock, options}, {environment: environmentOf()});
	};

	const findings = await asked();
	assert.deepEqual(
		findings.filter(({status}) => status === 'problem'),
		[],
	);
	assert.ok(findings.some(({check}) => check === 'client'));
	server.servers = [issuer.replace('login', 'moved')];
	const moved = await asked();
	assert.ok(moved.some(({check, status}) => check === 'server' && status === 'ok'));
	assert.ok(moved.every(({check}) => check !== 'client'));
});

test('a server that never responds is said within the time of a check', async () => {
	const clock = createManualClock();
	const provider: Provider = {name: 'oidc', issuer: 'https://auth.example', clientId: 'client'};
	const silent: typeof globalThis.fetch = async () => new Promise(() => undefined);
	const engine = new TokenEngine({provider, store: createMemoryStore({clock}), clock, fetch: silent});
	const [first] = await clock.advanceUntil(diagnose(engine, {environment: environmentOf()}));
	assert.equal(first?.check, 'server');
	assert.equal(first.message, "The server didn't respond within 10 seconds.");
});

test('the server is asked about the client with a refresh token that is not a real one', async t => {
	const world = await startWorld(t);
	await world.findings();
	const [, ...asked] = world.server.requestsTo('token');
	assert.deepEqual(
		asked.map(({parameters}) => parameters.get('refresh_token')),
		['none'],
	);
});

test('a client that its workload identity proves is asked about with that, and a token that is gone is a problem', async t => {
	const server = await startScriptedServer({
		metadata: metadata => ({
			...omitUndefined({...metadata, authorization_endpoint: undefined, device_authorization_endpoint: undefined}),
			grant_types_supported: ['client_credentials'],
			token_endpoint_auth_methods_supported: ['private_key_jwt'],
		}),
		responses: {
			token: ({parameters}) => ({
				status: 400,
				body: {error: parameters.has('client_assertion') ? 'invalid_grant' : 'invalid_client'},
			}),
		},
	});
	t.after(async () => server.close());
	const file = path.join(await temporaryFolder(t), 'token');
	writeFileSync(file, 'canary.canary.canary');
	const provider = oidc({issuer: server.issuer, clientId: 'shop', workloadIdentity: {source: {file}}});
	const ask = async () => {
		const engine = new TokenEngine({provider, store: createMemoryStore()});
		const findings = await diagnose(engine, {environment: environmentOf()});
		assert.doesNotMatch(JSON.stringify(findings), /canary/);
		return findings.filter(({check}) => check === 'client' || check === 'server').map(({message}) => message);
	};
	assert.deepEqual(await ask(), [
		`At ${server.issuer} you can sign in with this workload's identity.`,
		'The server knows the client ID shop.',
	]);
	rmSync(file);
	assert.match((await ask()).join('\n'), /Can't read the workload's identity token/);
});

test('an abort ends it with its reason', async t => {
	const {engine} = await startWorld(t);
	const reason = new Error('enough');
	await assert.rejects(diagnose(engine, {signal: AbortSignal.abort(reason), environment: environmentOf()}), reason);
});

test('where nobody can be asked to sign in, that is a warning with its remedy, unless the app signs in by itself', async () => {
	const ask = async (env: Readonly<Record<string, string>>, provider?: Partial<Provider>) => {
		const engine: DiagnosedEngine = {
			store: createMemoryStore(),
			profile: 'default',
			clock: systemClock,
			options: {
				...(provider && {provider: {...oidc({issuer: 'http://127.0.0.1:1', clientId: 'cli'}), ...provider}}),
				hints: {person: 'Add --no-wait.'},
			},
		};
		const findings = await diagnose(engine, {environment: environmentOf({env, tty: noTty})});
		return findings.filter(({check}) => check === 'terminal');
	};
	const warning = {check: 'terminal', status: 'warning', remedy: 'Add --no-wait.'} as const;
	const noTerminal = "There's no terminal here, so nobody can be asked to sign in.";
	const build = 'This is a build machine, so nobody can be asked to sign in.';
	assert.deepEqual(await ask({}), [{...warning, message: noTerminal}]);
	assert.deepEqual(await ask({CI: '1'}, {}), [{...warning, message: build}]);
	const refused = {clientSecret: 'hush', unsupportedFlows: {'client-credentials': 'Not here.'}};
	assert.deepEqual(await ask({CI: '1'}, refused), [{...warning, message: build}]);
	assert.deepEqual(await ask({CI: '1'}, {clientSecret: 'hush'}), [
		{check: 'terminal', status: 'ok', message: 'This is a build machine. The app can sign in by itself.'},
	]);
	assert.equal((await ask({CI: '1', INK_LOGIN_AGENT: '1'}))[0]?.status, 'ok');
});

for (const [where, environment, said] of [
	[
		'over SSH inside tmux',
		{env: {SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22', TMUX: '/tmp/tmux'}},
		/tmux.*SSH.*OSC 52.*set-clipboard/,
	],
	['on a build machine', {env: {CI: '1'}}, /build machine/],
	['under a coding agent', {env: {CLAUDECODE: '1'}, tty: {stdin: false, stdout: false, stderr: false}}, /coding agent/],
	['in a container', {env: {}, containerMark: true}, /container/],
] as const) {
	test(`what is recognised is said: ${where}`, async () => {
		const engine: DiagnosedEngine = {store: createMemoryStore(), profile: 'default', clock: systemClock, options: {}};
		const findings = await diagnose(engine, {environment: environmentOf(environment)});
		assert.match(findings.map(({message}) => message).join(' '), said);
	});
}
