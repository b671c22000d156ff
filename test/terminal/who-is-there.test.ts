import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {chooseView} from '../../source/terminal/capabilities.js';
import {personIsThere, whoIsThere, type Attendance} from '../../source/terminal/who-is-there.js';
import {environmentOf, noTty} from '../support/environment.js';

const tty = (stdin: boolean, stdout: boolean) => ({stdin, stdout, stderr: stdout});
const terminal = tty(true, true);
const outputOnly = tty(false, true);
const agent = {CLAUDECODE: '1'};

const rows: readonly (readonly [
	name: string,
	env: Readonly<Record<string, string>>,
	streams: ReturnType<typeof tty>,
	expected: Attendance,
])[] = [
	['a terminal with keys', {}, terminal, 'person'],
	['keys, and output in a pipe', {}, tty(true, false), 'person'],
	['input in a pipe, and output on a terminal', {}, outputOnly, 'person'],
	['no terminal', {}, noTty, 'nobody'],
	['an agent without a terminal', agent, noTty, 'agent'],
	['an agent whose output alone is a terminal', agent, outputOnly, 'agent'],
	['a stale variable of an agent in a terminal with keys', agent, terminal, 'person'],
	['a variable that says no', {CLAUDECODE: '0'}, noTty, 'nobody'],
	['a build machine', {CI: 'true'}, noTty, 'nobody'],
	['a build machine that has a variable of its own alone', {RWX: 'true'}, terminal, 'nobody'],
	['another one', {CAPAWESOME_CLOUD: 'true'}, terminal, 'nobody'],
	['a build machine that gives a terminal', {CI: '1'}, terminal, 'nobody'],
	['an agent on a build machine', {GITHUB_ACTIONS: 'true', ...agent}, noTty, 'nobody'],
	['CI=false, whatever else there is', {CI: 'false', GITHUB_ACTIONS: 'true'}, terminal, 'person'],
	['INK_LOGIN_AGENT=1 without a terminal', {INK_LOGIN_AGENT: '1'}, noTty, 'agent'],
	['INK_LOGIN_AGENT=1 in a terminal', {INK_LOGIN_AGENT: '1'}, terminal, 'agent'],
	['INK_LOGIN_AGENT=1 on a build machine', {INK_LOGIN_AGENT: '1', CI: 'true'}, noTty, 'agent'],
	['INK_LOGIN_AGENT=0 under an agent', {INK_LOGIN_AGENT: '0', ...agent}, noTty, 'nobody'],
	[
		'INK_LOGIN_AGENT=0 under an agent with a terminal for output',
		{INK_LOGIN_AGENT: '0', ...agent},
		outputOnly,
		'person',
	],
	['a variable of many that has the value of an agent', {AGENT: 'crush'}, noTty, 'agent'],
	['that variable with another value', {AGENT: 'datadog'}, noTty, 'nobody'],
];

for (const [name, env, streams, expected] of rows) {
	test(`${name}: ${expected}`, () => {
		const environment = environmentOf({env: {TERM: 'xterm', ...env}, tty: streams});
		assert.equal(whoIsThere(environment), expected);
		assert.equal(personIsThere(environment), expected !== 'nobody');
		const hasScreen = chooseView(environment, 'screen').kind === 'screen';
		assert.equal(
			hasScreen,
			expected === 'person' && streams.stdin && streams.stdout,
			'a screen is for a person with keys',
		);
	});
}

/** A variable, or one with a value, in which a library sees an agent or a build machine. */
type Sign = string | readonly [name: string, value: string];

const environmentWith = (sign: Sign) => {
	const [name, value] = typeof sign === 'string' ? [sign, '1'] : sign;
	return {env: {[name]: value}, tty: noTty};
};

const nameOf = (sign: Sign): string => (typeof sign === 'string' ? sign : sign[0]);

/** What std-env 4.3, @vercel/detect-agent 1.2.7 and am-i-vibing 0.5 look at. */
const agentSigns: readonly Sign[] = [
	...[
		'AI_AGENT',
		'ANTIGRAVITY_AGENT',
		'AUGMENT_AGENT',
		'CLAUDECODE',
		'CLAUDE_CODE',
		'CLAUDE_CODE_IS_COWORK',
		'CODEX_CI',
		'COPILOT_AGENT',
		'COPILOT_CLI',
		'CRUSH',
		'PI_CODING_AGENT',
		'QWEN_CODE',
	],
	...['CODEX_SANDBOX', 'CODEX_THREAD_ID', 'COPILOT_ALLOW_ALL', 'COPILOT_GITHUB_TOKEN', 'COPILOT_MODEL', 'CURSOR_AGENT'],
	...[
		'CURSOR_TRACE_ID',
		'GEMINI_CLI',
		'GOOSE_PROVIDER',
		'JUNIE_DATA',
		'JUNIE_SHIM_PATH',
		'OPENCODE',
		'OPENCODE_CLIENT',
	],
	'REPL_ID',
	['CURSOR_EXTENSION_HOST_ROLE', 'agent-exec'],
	['EDITOR', '/opt/devin/editor'],
	['PATH', '/home/a/.pi/agent/bin:/bin'],
	['TERM_PROGRAM', 'kiro'],
];

/** Settings and credentials that people export for all their programs, cron's too, and a workspace's own name. */
const noAgentSigns = ['COPILOT_ALLOW_ALL', 'COPILOT_GITHUB_TOKEN', 'COPILOT_MODEL', 'GOOSE_PROVIDER', 'REPL_ID'];

test('every sign of an agent that others know counts, but for settings that people export', () => {
	const missed = agentSigns.filter(sign => whoIsThere(environmentWith(sign)) !== 'agent').map(nameOf);
	assert.deepEqual(missed.sort(), noAgentSigns);
});

/** Names that other programs and hosted terminals have as well, where a person may well sit. */
const noBuildSigns = ['NETLIFY', 'NODE', 'RENDER', 'RUN_ID', 'TASK_ID', 'VERCEL'];

/** npm brings it along. */
const ciInfo = path.join(path.dirname(process.execPath), '../lib/node_modules/npm/node_modules/ci-info/vendors.json');

type Vendor = {readonly env: string | readonly string[] | Readonly<Record<string, unknown>>};

const signsOf = ({env}: Vendor): readonly Sign[] => {
	if (typeof env === 'string') return [env];
	if (Array.isArray(env)) return env as readonly string[];
	const {any, env: name, includes} = env as {any?: readonly string[]; env?: string; includes?: string};
	if (any !== undefined) return any;
	return name === undefined ? Object.entries(env as Record<string, string>) : [[name, includes ?? '1']];
};

test(
	'every build machine that ci-info knows counts, but for names that others have too',
	{skip: !existsSync(ciInfo)},
	() => {
		const vendors = JSON.parse(readFileSync(ciInfo, 'utf8')) as readonly Vendor[];
		const isMachine = (sign: Sign) => whoIsThere({...environmentWith(sign), tty: terminal}) === 'nobody';
		// Of several variables, all of which a machine has, one is enough.
		const missed = vendors
			.map(vendor => ({signs: signsOf(vendor), needsAll: Array.isArray(vendor.env)}))
			.flatMap(({signs, needsAll}) =>
				needsAll && signs.some(isMachine) ? [] : signs.filter(sign => !isMachine(sign)),
			);
		assert.deepEqual([...new Set(missed.map(nameOf))].sort(), noBuildSigns);
	},
);
