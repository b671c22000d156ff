import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/engine/login-error.js';
import type {FlowName, FlowAvailability} from '../../source/engine/login-event.js';
import {gatherFacts, type Facts} from '../../source/terminal/facts.js';
import {describeSituation, isRemote, personIsThere, recommend, type Place} from '../../source/terminal/situation.js';
import {screenStream} from '../../source/terminal/screen.js';
import {desktopEnvironment, factsOf, noTty, sshEnvironment} from '../support/facts.js';
import {shortest} from '../support/shortest.js';

const all: FlowAvailability = {browser: true, device: true, 'client-credentials': 'no secret', password: 'off'};
const withSecret: FlowAvailability = {...all, 'client-credentials': true};
const only = (flow: FlowName): FlowAvailability => ({
	browser: 'no',
	device: 'no',
	'client-credentials': 'no',
	password: 'no',
	[flow]: true,
});

const headless = {TERM: 'xterm-256color', LANG: 'C.UTF-8'};
const vsCode = {VSCODE_IPC_HOOK_CLI: '/run/user/1000/vscode-ipc-1.sock', TERM_PROGRAM: 'vscode'};
const remoteHelper = '/home/alice/.vscode-server/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const tunnelHelper = '/home/alice/.vscode/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const wsl2 = 'Linux version 5.15.167.4-microsoft-standard-WSL2 (root@builder)';
const wsl1 = 'Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)';

type Row = {
	facts: Partial<Facts>;
	place: Place;
	/** The flow with everything on offer; undefined where a person is required. */
	flow: FlowName | undefined;
	reason?: RegExp;
	screen?: 'stdout' | 'stderr' | undefined;
	flows?: FlowAvailability;
};

const situations: Record<string, Row> = {
	'Linux with an X display': {facts: {}, place: 'desktop', flow: 'browser', reason: /Your browser can be opened/},
	'Linux with Wayland': {facts: {env: {...headless, WAYLAND_DISPLAY: 'wayland-0'}}, place: 'desktop', flow: 'browser'},
	macOS: {facts: {platform: 'darwin', env: headless, kernel: '', ancestors: []}, place: 'desktop', flow: 'browser'},
	Windows: {
		facts: {platform: 'win32', env: {WT_SESSION: '1'}, kernel: '', ancestors: []},
		place: 'desktop',
		flow: 'browser',
	},
	'VS Code on the desktop': {
		facts: {env: {...desktopEnvironment, TERM_PROGRAM: 'vscode'}},
		place: 'desktop',
		flow: 'browser',
	},
	SSH: {
		facts: {env: sshEnvironment},
		place: 'ssh',
		flow: 'device',
		reason: /^You are connected over SSH: a browser opened here would not reach you\.$/,
	},
	'SSH with X forwarding': {
		facts: {env: {...sshEnvironment, DISPLAY: 'localhost:10.0'}},
		place: 'ssh',
		flow: 'device',
	},
	'SSH to a Mac': {facts: {platform: 'darwin', env: sshEnvironment}, place: 'ssh', flow: 'device'},
	'SSH through sudo, which drops the variables': {
		facts: {env: headless, ancestors: ['sudo', 'bash', 'sshd-session', 'sshd']},
		place: 'ssh',
		flow: 'device',
	},
	'SSH through su, with an older daemon': {
		facts: {env: headless, ancestors: ['su', 'sshd']},
		place: 'ssh',
		flow: 'device',
	},
	'SSH into WSL': {facts: {env: sshEnvironment, kernel: wsl2}, place: 'ssh', flow: 'device'},
	mosh: {
		facts: {env: sshEnvironment, ancestors: ['bash', 'mosh-server']},
		place: 'mosh',
		flow: 'device',
		reason: /mosh/,
	},
	'WSL 2': {facts: {env: headless, kernel: wsl2}, place: 'wsl', flow: 'browser', reason: /Windows/},
	'WSL 1': {facts: {env: headless, kernel: wsl1}, place: 'wsl', flow: 'browser'},
	'WSL with a kernel of its own': {
		facts: {env: {...headless, WSL_DISTRO_NAME: 'Debian'}},
		place: 'wsl',
		flow: 'browser',
	},
	'VS Code over SSH': {
		facts: {env: {...sshEnvironment, ...vsCode, BROWSER: remoteHelper}},
		place: 'vscode-ssh',
		flow: 'browser',
		reason: /VS Code/,
	},
	'VS Code in a tunnel': {
		facts: {env: {...headless, ...vsCode, BROWSER: tunnelHelper}},
		place: 'vscode-tunnel',
		flow: 'device',
		reason: /tunnel/,
	},
	'VS Code in a tunnel that was started over SSH': {
		facts: {env: {...sshEnvironment, ...vsCode}, ancestors: ['bash', 'node', 'code-tunnel']},
		place: 'vscode-tunnel',
		flow: 'device',
	},
	'tmux in VS Code over SSH, whose variables may be stale': {
		facts: {env: {...sshEnvironment, ...vsCode, TMUX: '/tmp/tmux-1000/default,1,0'}},
		place: 'ssh',
		flow: 'device',
	},
	'a dev container in VS Code': {
		facts: {env: {...headless, ...vsCode, REMOTE_CONTAINERS: 'true'}, containerMark: true},
		place: 'devcontainer',
		flow: 'browser',
		reason: /container/,
	},
	'a dev container without an editor': {
		facts: {env: {...headless, REMOTE_CONTAINERS: 'true'}, containerMark: true},
		place: 'container',
		flow: 'device',
	},
	Docker: {facts: {env: headless, containerMark: true}, place: 'container', flow: 'device', reason: /container/},
	'a container that is part of the desktop, as Toolbx makes it': {
		facts: {containerMark: true},
		place: 'desktop',
		flow: 'browser',
	},
	'SSH into a container': {
		facts: {env: sshEnvironment, containerMark: true},
		place: 'ssh',
		flow: 'device',
		reason: /SSH/,
	},
	'Docker on a Windows computer': {
		facts: {env: headless, containerMark: true, kernel: wsl2},
		place: 'container',
		flow: 'device',
	},
	Podman: {facts: {env: {...headless, container: 'podman'}}, place: 'container', flow: 'device'},
	Kubernetes: {facts: {env: {...headless, KUBERNETES_SERVICE_HOST: '10.0.0.1'}}, place: 'container', flow: 'device'},
	Codespaces: {
		facts: {env: {...headless, ...vsCode, CODESPACES: 'true'}, containerMark: true},
		place: 'codespaces',
		flow: 'device',
		reason: /codespace/,
	},
	Gitpod: {
		facts: {env: {...headless, GITPOD_WORKSPACE_ID: 'w'}, containerMark: true},
		place: 'gitpod',
		flow: 'device',
		reason: /Gitpod/,
	},
	'Google Cloud Shell': {
		facts: {env: {...headless, CLOUD_SHELL: 'true'}, containerMark: true},
		place: 'cloud-shell',
		flow: 'device',
		reason: /cloud shell/,
	},
	'Azure Cloud Shell': {facts: {env: {...headless, ACC_CLOUD: 'PROD'}}, place: 'cloud-shell', flow: 'device'},
	'AWS CloudShell': {
		facts: {env: {...headless, AWS_EXECUTION_ENV: 'CloudShell'}},
		place: 'cloud-shell',
		flow: 'device',
	},
	'tmux on the desktop': {
		facts: {env: {...desktopEnvironment, TMUX: '/tmp/tmux-1000/default,1,0'}},
		place: 'desktop',
		flow: 'browser',
	},
	'screen over SSH': {facts: {env: {...sshEnvironment, STY: '1.pts'}}, place: 'ssh', flow: 'device'},
	'headless Linux': {facts: {env: headless}, place: 'headless', flow: 'device', reason: /no display/},
	'CI without a secret': {
		facts: {env: {...headless, CI: 'true'}, tty: noTty},
		place: 'headless',
		flow: undefined,
		screen: undefined,
	},
	'CI with a secret': {
		facts: {env: {...headless, GITHUB_ACTIONS: 'true'}, tty: noTty},
		flows: withSecret,
		place: 'headless',
		flow: 'client-credentials',
		screen: undefined,
	},
	'CI that gives a terminal': {
		facts: {env: {...desktopEnvironment, CI: '1'}},
		place: 'desktop',
		flow: undefined,
		screen: undefined,
	},
	'CI=false is no CI': {facts: {env: {...desktopEnvironment, CI: 'false'}}, place: 'desktop', flow: 'browser'},
	'no terminal at all': {facts: {tty: noTty}, place: 'desktop', flow: undefined, screen: undefined},
	'no terminal, but a secret': {
		facts: {tty: noTty},
		flows: withSecret,
		place: 'desktop',
		flow: 'client-credentials',
		screen: undefined,
	},
	'stdout in a pipe': {
		facts: {tty: {stdin: true, stdout: false, stderr: true}},
		place: 'desktop',
		flow: 'browser',
		screen: 'stderr',
	},
	'stdin in a pipe': {
		facts: {tty: {stdin: false, stdout: true, stderr: true}},
		place: 'desktop',
		flow: 'browser',
		screen: undefined,
	},
	'TERM=dumb': {
		facts: {env: {...desktopEnvironment, TERM: 'dumb'}},
		place: 'desktop',
		flow: 'browser',
		screen: undefined,
	},
};

for (const [name, row] of Object.entries(situations)) {
	test(`demands 7, 16, 18: ${name} is recognised, with the flow that fits`, () => {
		const facts = factsOf(row.facts);
		const situation = describeSituation(facts);
		assert.equal(situation.place, row.place);
		assert.match(situation.reason, row.reason ?? /\.$/);
		assert.equal(screenStream(facts), 'screen' in row ? row.screen : 'stdout');
		const choose = () => recommend(situation, row.flows ?? all, {personIsThere: personIsThere(facts)});
		if (row.flow === undefined) assert.throws(choose, {name: 'LoginError', code: 'person_required'});
		else assert.equal(choose().flow, row.flow);
	});
}

test('a recommendation gives its reason in words', () => {
	const facts = factsOf({env: sshEnvironment});
	assert.deepEqual(recommend(describeSituation(facts), all, {personIsThere: true}), {
		flow: 'device',
		reason: 'You are connected over SSH: a browser opened here would not reach you.',
	});
});

test('what the provider lacks is not recommended, and the reason says what to do instead', () => {
	const overSsh = describeSituation(factsOf({env: sshEnvironment}));
	const browser = recommend(overSsh, only('browser'), {personIsThere: true});
	assert.equal(browser.flow, 'browser');
	assert.match(browser.reason, /paste/);
	const desktop = describeSituation(factsOf());
	assert.equal(recommend(desktop, only('device'), {personIsThere: true}).flow, 'device');
	assert.equal(recommend(desktop, only('client-credentials'), {personIsThere: true}).flow, 'client-credentials');
	assert.equal(recommend(desktop, only('password'), {personIsThere: true}).flow, 'password');
	assert.throws(
		() => recommend(desktop, {...only('device'), device: 'no'}, {personIsThere: true}),
		(error: unknown) => error instanceof LoginError && error.code === 'config_error',
	);
});

test('demand 36: the way chosen before for a profile goes before what the situation suggests, where it is possible', () => {
	const stale = describeSituation(factsOf({env: {...sshEnvironment, TMUX: 'x'}}));
	assert.equal(recommend(stale, all, {personIsThere: true, preferred: 'browser'}).flow, 'browser');
	assert.equal(recommend(stale, only('device'), {personIsThere: true, preferred: 'browser'}).flow, 'device');
});

test('demand 53: options that say that somebody reads along make a person of a pipe or a build machine', () => {
	const facts = factsOf({env: {CI: 'true'}, tty: noTty});
	assert.equal(personIsThere(facts), false);
	assert.equal(personIsThere(facts, {flow: 'auto'}), false);
	assert.equal(personIsThere(facts, {flow: 'client-credentials'}), false);
	for (const options of [{json: true}, {plain: true}, {flow: 'browser'}, {flow: 'device'}] as const) {
		assert.equal(personIsThere(facts, options), true, JSON.stringify(options));
	}

	assert.equal(personIsThere(factsOf({tty: {...noTty, stderr: true}})), true);
});

test('demand 54: a screen far away, or in a multiplexer, is to be repainted seldom', () => {
	assert.equal(isRemote(factsOf()), false);
	assert.equal(isRemote(factsOf({env: sshEnvironment})), true);
	assert.equal(isRemote(factsOf({env: {...desktopEnvironment, TMUX: 'x'}})), true);
	assert.equal(describeSituation(factsOf({env: {...desktopEnvironment, TMUX: 'x'}})).multiplexer, 'tmux');
	assert.equal(describeSituation(factsOf({env: {...desktopEnvironment, STY: '1.pts'}})).multiplexer, 'screen');
	assert.equal(isRemote(factsOf({env: headless, containerMark: true})), false);
});

test('the facts of this machine are gathered at once and describe some place', async () => {
	const took = await shortest(100, () => {
		const begin = performance.now();
		gatherFacts();
		return performance.now() - begin;
	});
	assert.ok(took < 100, `${took} ms`);
	const facts = gatherFacts();
	assert.equal(facts.platform, process.platform);
	assert.equal(facts.env['PATH'], process.env['PATH']);
	if (process.platform === 'linux') {
		assert.match(facts.kernel, /Linux version/);
		assert.ok(facts.ancestors.length > 0);
	}

	assert.match(describeSituation(facts).reason, /\.$/);
});
