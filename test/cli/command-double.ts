import {Readable} from 'node:stream';
import type {CommandContext, Engine} from '../../source/cli/context.js';
import {runCommandLine} from '../../source/cli/main.js';
import {LoginError, type LoginErrorCode} from '../../source/core/errors.js';
import type {TokenEngineOptions} from '../../source/token-engine.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import type {StoredSession, TokenStore} from '../../source/session/types.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import type {TerminalEnvironment} from '../../source/terminal/environment.js';
import {createManualClock} from '../../source/testing/index.js';
import {environmentOf, noTty} from '../support/environment.js';

export const now = Date.UTC(2026, 10, 21, 12);
const hour = 3_600_000;

export const tokenSet = (changes: Partial<TokenSet> = {}): TokenSet => ({
	accessToken: 'access-1',
	tokenType: 'bearer',
	issuedAt: now,
	expiresAt: now + hour,
	refreshToken: 'refresh-1',
	idToken: 'id-1',
	claims: {iss: 'https://auth.example', sub: 'alice', aud: 'client', iat: now / 1000, exp: (now + hour) / 1000},
	scope: 'openid profile',
	identity: {issuer: 'https://auth.example', subject: 'alice', name: 'Alice Demo' as never},
	...changes,
});

export const storedSession = (changes: Partial<StoredSession> = {}): StoredSession => ({
	version: 1,
	tokens: tokenSet(),
	flow: 'device',
	provider: {name: 'oidc', issuer: 'https://auth.example', clientId: 'client'},
	server: {issuer: 'https://auth.example'},
	...changes,
});

export const failure = (code: LoginErrorCode) => new LoginError(code, `It failed: ${code}.`, {hint: 'Do this next.'});

export type Double = {
	/** @default no terminal anywhere */
	readonly environment?: Partial<TerminalEnvironment>;
	readonly stdin?: string | Readable;
	/** @default a new one in memory */
	readonly store?: TokenStore;
	readonly sessions?: Readonly<Record<string, StoredSession>>;
	/** What the engine does; what is missing is refused. */
	readonly engine?: Partial<Engine>;
	readonly signal?: AbortSignal;
};

const refuse = async () => Promise.reject(failure('internal_error'));

/** Runs one command in a world of its own; nothing of it touches this process. */
export const runDouble = async (
	argv: readonly string[],
	{environment, stdin = '', store: given, sessions, engine, signal}: Double = {},
) => {
	const clock = createManualClock({now});
	const store = given ?? createMemoryStore({clock});
	for (const [profile, session] of Object.entries(sessions ?? {})) await store.write(profile, session);
	const written = {stdout: '', stderr: ''};
	const engines: TokenEngineOptions[] = [];
	const opened: string[] = [];
	const context: CommandContext = {
		environment: environmentOf({env: {}, tty: noTty, ancestors: [], ...environment}),
		stdin: typeof stdin === 'string' ? Readable.from(stdin === '' ? [] : [stdin]) : stdin,
		stdout: {write: text => (written.stdout += text)},
		stderr: {write: text => (written.stderr += text)},
		signals: {
			signal: signal ?? new AbortController().signal,
			handOver: () => ({[Symbol.dispose]: () => undefined}),
		},
		openStore: async kind => {
			opened.push(kind);
			store.prepare = async () => void opened.push('prepared');
			return store;
		},
		createEngine(options) {
			engines.push(options);
			return {
				provider: options.provider,
				clock,
				prepare: () => undefined,
				session: async () => undefined,
				tokens: refuse,
				userInfo: refuse,
				exchange: refuse,
				logout: refuse,
				login() {
					throw failure('internal_error');
				},
				...engine,
			};
		},
		now: () => now,
	};
	const exit = await runCommandLine(argv, context);
	return {exit, ...written, store, engines, opened};
};
