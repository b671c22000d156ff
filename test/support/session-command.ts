import assert from 'node:assert/strict';
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Readable, Writable} from 'node:stream';
import type {StoredSession} from '../../source/session/types.js';
import {profileFileName} from '../../source/session/store/session-file.js';
import {commandFile, hear, temporaryFolder, type Scope} from './built-command.js';

const root = path.join(import.meta.dirname, '../..');

/** The command as it is built, or another build of it. */
export const command = process.env['INK_LOGIN_COMMAND'] ?? commandFile;

export type Ended = {
	readonly exit: number | NodeJS.Signals;
	readonly stdout: string;
	readonly stderr: string;
};

export type Started = {
	readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly ended: Promise<Ended>;
	/** The next line that matches. */
	readonly line: (from: 'stdout' | 'stderr', pattern: RegExp) => Promise<string>;
};

export type StartOptions = {
	readonly env?: Readonly<Record<string, string>>;
	/** What stands on stdin, which then ends; without it stdin stays open. @default '' */
	readonly input?: string | undefined;
	/** Of Node.js, before the command. */
	readonly nodeOptions?: readonly string[];
	/** The user to be, where the test may choose. */
	readonly uid?: number;
};

/** The package where every user can reach it: a checkout may lie in a folder that only its owner may enter. */
const copyForAll = (t: Scope): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ink-login-test-'));
	t.after(() => rmSync(folder, {recursive: true, force: true}));
	const copy = (from: string, to: string) => cpSync(from, path.join(folder, to), {recursive: true});
	const manifest = path.join(root, 'package.json');
	const {dependencies} = JSON.parse(readFileSync(manifest, 'utf8')) as {readonly dependencies: object};
	copy(manifest, 'package.json');
	copy(path.dirname(command), 'build/command');
	for (const name of Object.keys(dependencies)) copy(path.join(root, 'node_modules', name), `node_modules/${name}`);
	chmodSync(folder, 0o755);
	return path.join(folder, 'build/command', path.basename(command));
};

/** Milliseconds, for the slowest of machines. */
const patience = 120_000;

/** Starts the command with nothing in its environment but a home of its own; it ends with the test. */
export const startCommand = (
	t: Scope,
	home: string,
	args: readonly string[],
	{env, nodeOptions = [], uid, ...more}: StartOptions = {},
): Started => {
	const input = 'input' in more ? more.input : '';
	const file = uid === undefined ? command : copyForAll(t);
	const child = spawn(process.execPath, [...nodeOptions, file, ...args], {
		env: {PATH: process.env['PATH'], HOME: home, INK_LOGIN_HOME: home, ...env},
		stdio: ['pipe', 'pipe', 'pipe'],
		// A command that hangs fails its own test, with what it has written.
		timeout: patience,
		killSignal: 'SIGKILL',
		...(uid !== undefined && {uid, gid: uid, cwd: home}),
	});
	t.after(() => child.kill('SIGKILL'));
	const {heard, ended, line} = hear(child);
	// It may end before it reads.
	child.stdin.on('error', () => undefined);
	if (input !== undefined) child.stdin.end(input);
	return {child, ended: ended.then(exit => ({exit, ...heard})), line};
};

/** Options of Node.js that run this code before the command. */
export const before = (code: string): readonly string[] => [
	'--import',
	`data:text/javascript,${encodeURIComponent(code)}`,
];

/** A computer whose clock is wrong by so many milliseconds. */
export const wrongClock = (ms: number): readonly string[] =>
	before(`
		const {now} = Date;
		Date.now = () => now() + ${ms};
		globalThis.Date = class extends Date {
			constructor(...args) {
				super(...(args.length === 0 ? [Date.now()] : args));
			}
		};
	`);

/** Anyone who waits for a long time waits for a twentieth of it; what is limited to half a minute still has a second and a half. */
export const hurriedTimers = before(`
	const {setTimeout} = globalThis;
	globalThis.setTimeout = (callback, ms, ...args) => setTimeout(callback, ms >= 5000 ? ms / 20 : ms, ...args);
`);

/** A home, and the command in it. */
export type SessionHome = {
	readonly home: string;
	readonly start: (args: readonly string[], options?: StartOptions) => Started;
	readonly run: (args: readonly string[], options?: StartOptions) => Promise<Ended>;
	/** Signs a person in with the password grant, which needs no browser; fails the test where that fails. */
	readonly signIn: (server: Server, options?: SignIn) => Promise<Ended>;
	/** The stored session, where it lies in a plain file. */
	readonly session: (profile?: string) => StoredSession;
	/** Changes what is stored. */
	readonly change: (change: (session: StoredSession) => StoredSession, profile?: string) => void;
	/** The access token has just expired, by what is stored of it. */
	readonly expire: (profile?: string) => void;
};

export type Server = {readonly issuer: string; readonly clientId: string};

export type SignIn = {
	/** @default Alice of the independent server */
	readonly credentials?: readonly [username: string, password: string];
	readonly profile?: string;
	readonly more?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
};

export const sessionHome = async (t: Scope, home?: string): Promise<SessionHome> => {
	const folder = home ?? (await temporaryFolder(t));
	const start: SessionHome['start'] = (args, options) => startCommand(t, folder, args, options);
	const file = (profile: string) => path.join(folder, `${profileFileName(profile)}.json`);
	const session = (profile = 'default') =>
		(JSON.parse(readFileSync(file(profile), 'utf8')) as {session: StoredSession}).session;
	const change: SessionHome['change'] = (change, profile = 'default') =>
		writeFileSync(file(profile), JSON.stringify({version: 1, profile, session: change(session(profile))}));
	return {
		home: folder,
		start,
		session,
		change,
		run: async (args, options) => start(args, options).ended,
		async signIn({issuer, clientId}, {credentials = ['alice', 'demo'], profile = 'default', more = [], env = {}} = {}) {
			const provider = ['--issuer', issuer, '--client-id', clientId, '--scope', 'openid profile email offline_access'];
			const store = more.includes('--store') ? [] : ['--store', 'file'];
			const args = ['login', profile, ...provider, '--flow', 'password', ...store, ...more];
			const ended = await start(args, {input: `${credentials.join('\n')}\n`, env}).ended;
			assert.equal(ended.exit, 0, ended.stderr);
			return ended;
		},
		expire(profile) {
			change(({tokens, ...rest}) => {
				const lifetime = (tokens.expiresAt ?? 0) - tokens.issuedAt;
				const expiresAt = Date.now() - 1000;
				return {...rest, tokens: {...tokens, issuedAt: expiresAt - lifetime, expiresAt}};
			}, profile);
		},
	};
};
