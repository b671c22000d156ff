import assert from 'node:assert/strict';
import test from 'node:test';
import {parseCommandLine} from '../../source/cli/parse-args.js';
import {helpText} from '../../source/cli/help.js';
import {commandNames, optionTable} from '../../source/cli/options.js';
import {UsageError} from '../../source/cli/errors.js';
import {unknownServer} from '../../source/cli/login-plan.js';
import {resource} from '../../source/oauth/presets/resource.js';

const refused = (argv: readonly string[]): UsageError => {
	try {
		parseCommandLine(argv);
	} catch (error) {
		assert.ok(error instanceof UsageError, String(error));
		assert.match(error.message, /^\P{Cc}+\.$/u, 'one sentence');
		assert.notEqual(error.hint, '', 'and the next step');
		return error;
	}

	assert.fail(`${argv.join(' ')} was taken`);
};

/** The contract of the command, option by option. */
const contract: Readonly<Record<string, readonly string[]>> = {
	login: [
		...[
			'issuer',
			'preset',
			'domain',
			'endpoint',
			'client-id',
			'client-secret-file',
			'client-secret-env',
			'application',
			'flow',
		],
		...[
			'scope',
			'audience',
			'resource',
			'param',
			'prompt',
			'login-hint',
			'realm',
			'port',
			'redirect-uri',
			'par',
			'renew',
		],
		...['timeout', 'ca-file', 'no-open', 'no-qr', 'plain', 'json', 'screen-reader', 'store', 'switch-account'],
	],
	token: ['type', 'format', 'login'],
	exec: ['env'],
	exchange: ['audience', 'resource', 'scope', 'requested-token-type', 'actor-token-file', 'format'],
	status: ['json', 'userinfo'],
	logout: ['all', 'forget'],
	demo: ['serve'],
};

test('every option of the contract is taken by its command, and is in its help', () => {
	for (const [command, names] of Object.entries(contract)) {
		const help = helpText(command) ?? '';
		for (const name of names) {
			assert.ok(optionTable[name]?.commands.includes(command as never), `${command} --${name}`);
			assert.match(help, new RegExp(`^ +--${name} `, 'm'), `${command} --help`);
		}
	}
});

test('the picker takes all that login takes', () => {
	for (const [name, {commands}] of Object.entries(optionTable)) {
		assert.equal(commands.includes('ask'), commands.includes('login'), name);
	}
});

test('the help of every command is one screen of 80 by 40, but for the options of login, with three examples or more', () => {
	for (const command of commandNames) {
		const lines = (helpText(command) ?? '').trimEnd().split('\n');
		for (const line of lines) assert.ok(line.length <= 80, `${command}: ${line}`);
		assert.ok(lines.length <= (command === 'login' ? 80 : 40), `${command} has ${lines.length} lines`);
		assert.ok(lines.filter(line => /^ {2}.*ink-login/.test(line)).length >= 3, command);
	}
});

test('every example of the help can be typed', () => {
	for (const command of commandNames) {
		const [, ...parts] = (helpText(command) ?? '').split('\n\n');
		const examples = parts[command === 'ask' ? 1 : 0]?.split('\n') ?? [];
		for (const example of examples) {
			const [, typed = ''] = /ink-login(.*?)(?: {2}#|\)|'?$)/.exec(example) ?? [];
			const words = typed.trim().split(' ').filter(Boolean);
			// git appends what it wants.
			assert.doesNotThrow(() => parseCommandLine(words[0] === 'helper' ? [...words, 'get'] : words), example);
		}
	}
});

test("help is there for each command and for none that isn't one", () => {
	assert.equal(helpText('nonsense'), undefined);
	assert.match(helpText() ?? '', /ink-login help COMMAND/);
	assert.equal(refused(['help', 'lgoin']).message, "There's no command lgoin.");
});

test('a URL without a scheme is suggested with one', () => {
	assert.match(refused(['mcp.example.com']).hint, /^Did you mean https:\/\/mcp\.example\.com\? /);
	assert.match(refused(['mcp.example.com:8443/mcp']).hint, /^Did you mean https:\/\/mcp\.example\.com:8443\/mcp\? /);
	assert.match(refused(['localhost:3000/mcp']).hint, /^Did you mean http:\/\/localhost:3000\/mcp\? /);
	assert.match(unknownServer('mcp.example.com', []).hint, /^Did you mean https:\/\/mcp\.example\.com\? /);
	assert.doesNotMatch(unknownServer('work', []).hint, /Did you mean/);
});

test('a URL without https is refused with why, and with the URL to try', () => {
	for (const argv of [['http://host/mcp'], ['login', 'http://host/mcp']]) {
		const {message, hint} = refused(argv);
		assert.match(
			message,
			/^http:\/\/host\/mcp can't be used because it's plain http, which others on the network can read\.$/,
		);
		assert.equal(hint, 'Try https://host/mcp');
	}

	assert.match(refused(['ftp://host/mcp']).message, /begins with ftp: instead of https:/);
});

test('a URL is one profile however its host is written, and keeps its path, query and slash', () => {
	for (const [typed, profile] of [
		['HTTPS://MCP.Example.com/Mcp?Login', 'https://mcp.example.com/Mcp?Login'],
		['https://MCP.example.com', 'https://mcp.example.com'],
		['https://mcp.example.com/mcp/#top', 'https://mcp.example.com/mcp/'],
		['http://[::1]:3000/mcp', 'http://[::1]:3000/mcp'],
	] as const) {
		assert.equal(parseCommandLine(['token', typed]).profile, profile);
		assert.equal(resource(typed).protectedResource?.url, profile);
	}
});

test('what was nearly typed right is suggested, and nothing for what is far off', () => {
	assert.match(refused(['lgoin']).hint, /^Did you mean login\? /);
	assert.match(refused(['login', '--isuer', 'x']).hint, /^Did you mean --issuer\? /);
	assert.match(
		refused(['login', '--preset', 'keycloack']).hint,
		/^Did you mean keycloak\? Choose one of auth0, .*\n.*--issuer/,
	);
	for (const argv of [['deploy'], ['login', '--verbose'], ['-x'], ['login', '--flow', 'magic'], ['x'.repeat(5000)]]) {
		assert.doesNotMatch(refused(argv).hint, /Did you mean/);
	}
});

test('a login is understood with all that it takes', () => {
	const {command, profile, values} = parseCommandLine([
		...['login', 'work', '--issuer', 'https://auth.example', '--client-id=cli', '--flow', 'device', '--renew'],
		...['--resource', 'https://a.example', '--resource', 'https://b.example', '--param', 'organization=org 1'],
	]);
	assert.equal(command, 'login');
	assert.equal(profile, 'work');
	assert.deepEqual(values, {
		issuer: 'https://auth.example',
		'client-id': 'cli',
		flow: 'device',
		renew: true,
		resource: ['https://a.example', 'https://b.example'],
		param: ['organization=org 1'],
	});
});

test('without a command the picker is meant', () => {
	assert.equal(parseCommandLine([]).command, 'ask');
	assert.equal(parseCommandLine(['--plain']).command, 'ask');
	assert.equal(parseCommandLine([]).profile, 'default');
});

test('exec takes everything behind -- as it stands', () => {
	const {profile, child} = parseCommandLine(['exec', 'work', '--env', 'T', '--', 'sh', '-c', 'x', '--', '--env']);
	assert.equal(profile, 'work');
	assert.deepEqual(child, ['sh', '-c', 'x', '--', '--env']);
});

test("git's word is the last one, with a profile or without", () => {
	assert.deepEqual(
		[
			['helper', 'git', 'get'],
			['helper', 'git', 'work', 'store'],
		].map(argv => {
			const {profile, action} = parseCommandLine(argv);
			return [profile, action];
		}),
		[
			['default', 'get'],
			['work', 'store'],
		],
	);
});

test('what cannot be understood is refused with one sentence and the next step', () => {
	const lines: readonly string[][] = [
		['nonsense'],
		['login', '--nonsense'],
		['-x'],
		['token', '--flow', 'device'],
		['status', '--flow', 'device'],
		['demo', '--issuer', 'https://auth.example'],
		['login', '--scope'],
		['login', '--scope', '--plain'],
		['login', '--scope='],
		['login', '--plain=yes'],
		['login', '--flow', 'magic'],
		['login', '--store', 'cloud'],
		['token', '--format', 'xml'],
		['login', 'a', 'b'],
		['login', ''],
		['login', '--', 'x'],
		['exec', 'sh'],
		['exec', '--'],
		['exec', '--', ''],
		['helper', 'git'],
		['helper', 'svn', 'get'],
		['demo', 'work'],
	];
	for (const argv of lines) refused(argv);
});

test('contradictory request options are refused', () => {
	const provider = ['--issuer', 'https://auth.example'];
	const contradictions: readonly string[][] = [
		[...provider, '--preset', 'auth0'],
		[...provider, '--issuer', 'https://other.example'],
		[...provider, '--domain', 'acme'],
		['--client-secret-file', 'f', '--client-secret-env', 'E'],
		['--redirect-uri', 'http://127.0.0.1:1/cb', '--port', '1'],
		['--flow', 'device', '--redirect-uri', 'http://127.0.0.1:1/cb'],
		['--flow', 'device', '--port', '1'],
		['--flow', 'device', '--par'],
		['--flow', 'device', '--prompt', 'login'],
		['--flow', 'browser', '--renew'],
		['--flow', 'client-credentials', '--login-hint', 'alice'],
		['--flow', 'password', '--port', '1'],
		['--flow', 'password', '--client-secret-file', '-'],
	];
	for (const argv of contradictions) refused(['login', ...argv]);
	refused(['demo', '--serve', '--flow', 'device']);
	refused(['demo', '--serve', '--port', '8400,8401']);
	refused(['exchange', '--client-secret-file', '-', '--actor-token-file', '-']);
});

test('the same value given twice is no contradiction', () => {
	assert.equal(parseCommandLine(['login', '--scope', 'a', '--scope', 'a']).values.scope, 'a');
});

test('options about looks that have no effect are ignored', () => {
	const {values} = parseCommandLine(['login', '--flow', 'device', '--no-open', '--json', '--plain', '--screen-reader']);
	assert.equal(values.json, true);
});

test('S22: an option that would hold a secret is refused, and the secret is not repeated', () => {
	for (const name of ['client-secret', 'password', 'token', 'access-token', 'client-assertion', 'my-secret']) {
		for (const argv of [[`--${name}=hunter2`], [`--${name}`, 'hunter2']]) {
			const {message, hint} = refused(['login', ...argv]);
			assert.match(message, /^Secrets can't be options/);
			assert.doesNotMatch(message + hint, /hunter2/);
		}
	}
});

test('S1: what was typed is shown without what a terminal would act on', () => {
	// eslint-disable-next-line no-control-regex -- they are what must not be there
	assert.doesNotMatch(refused(['\u001B[2Jx']).message, /\u001B/);
	assert.doesNotMatch(refused(['login', '--flow', '\u009B2Jx']).message, /\u009B/);
});
