import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import {
	detectEnvironment,
	type TerminalEnvironment,
	locateTerminal,
	isRemote,
	type Place,
} from '../../source/terminal/environment.js';
import {personIsThere} from '../../source/terminal/who-is-there.js';
import {recommend} from '../../source/terminal/login-terminal.js';
import {screenStream} from '../../source/terminal/capabilities.js';
import {desktopEnvironment, environmentOf, noTty, sshEnvironment} from '../support/environment.js';
import {shortest} from '../support/shortest.js';
import type {FlowName, FlowAvailability} from '../../source/core/types.js';

const all: FlowAvailability = {
	browser: true,
	device: true,
	'client-credentials': 'no secret',
	'workload-identity': 'none',
	password: 'off',
	'one-time-code': 'off',
};
const withSecret: FlowAvailability = {...all, 'client-credentials': true};
const only = (flow: FlowName): FlowAvailability => ({
	browser: 'no',
	device: 'no',
	'client-credentials': 'no',
	'workload-identity': 'no',
	password: 'no',
	'one-time-code': 'no',
	[flow]: true,
});

const headless = {TERM: 'xterm-256color', LANG: 'C.UTF-8'};
const vsCode = {VSCODE_IPC_HOOK_CLI: '/run/user/1000/vscode-ipc-1.sock', TERM_PROGRAM: 'vscode'};
const remoteHelper = '/home/alice/.vscode-server/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const tunnelHelper = '/home/alice/.vscode/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const wsl2 = 'Linux version 5.15.167.4-microsoft-standard-WSL2 (root@builder)';
const wsl1 = 'Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)';

type Row = {
	environment: Partial<TerminalEnvironment>;
	place: Place;
	/** The flow with everything on offer; undefined where a person is required. */
	flow: FlowName | undefined;
	reason?: RegExp;
	screen?: 'stdout' | 'stderr' | undefined;
	flows?: FlowAvailability;
};

const locations: Record<string, Row> = {
	'Linux with an X display': {
		environment: {},
		place: 'desktop',
		flow: 'browser',
		reason: /Your browser can be opened from here/,
	},
	'Linux with Wayland': {
		environment: {env: {...headless, WAYLAND_DISPLAY: 'wayland-0'}},
		place: 'desktop',
		flow: 'browser',
	},
	macOS: {
		environment: {platform: 'darwin', env: headless, kernel: '', ancestors: []},
		place: 'desktop',
		flow: 'browser',
	},
	Windows: {
		environment: {platform: 'win32', env: {WT_SESSION: '1'}, kernel: '', ancestors: []},
		place: 'desktop',
		flow: 'browser',
	},
	'VS Code on the desktop': {
		environment: {env: {...desktopEnvironment, TERM_PROGRAM: 'vscode'}},
		place: 'desktop',
		flow: 'browser',
	},
	SSH: {
		environment: {env: sshEnvironment},
		place: 'ssh',
		flow: 'device',
		reason: /^You're connected over SSH, so no browser opens here\.$/,
	},
	'SSH with X forwarding': {
		environment: {env: {...sshEnvironment, DISPLAY: 'localhost:10.0'}},
		place: 'ssh',
		flow: 'device',
	},
	'SSH to a Mac': {environment: {platform: 'darwin', env: sshEnvironment}, place: 'ssh', flow: 'device'},
	'SSH through sudo, which drops the variables': {
		environment: {env: headless, ancestors: ['sudo', 'bash', 'sshd-session', 'sshd']},
		place: 'ssh',
		flow: 'device',
	},
	'SSH through su, with an older daemon': {
		environment: {env: headless, ancestors: ['su', 'sshd']},
		place: 'ssh',
		flow: 'device',
	},
	'SSH into WSL': {environment: {env: sshEnvironment, kernel: wsl2}, place: 'ssh', flow: 'device'},
	mosh: {
		environment: {env: sshEnvironment, ancestors: ['bash', 'mosh-server']},
		place: 'mosh',
		flow: 'device',
		reason: /mosh/,
	},
	'WSL 2': {environment: {env: headless, kernel: wsl2}, place: 'wsl', flow: 'browser', reason: /Windows/},
	'WSL 1': {environment: {env: headless, kernel: wsl1}, place: 'wsl', flow: 'browser'},
	'WSL with a kernel of its own': {
		environment: {env: {...headless, WSL_DISTRO_NAME: 'Debian'}},
		place: 'wsl',
		flow: 'browser',
	},
	'VS Code over SSH': {
		environment: {env: {...sshEnvironment, ...vsCode, BROWSER: remoteHelper}},
		place: 'vscode-ssh',
		flow: 'browser',
		reason: /VS Code/,
	},
	'VS Code in a tunnel': {
		environment: {env: {...headless, ...vsCode, BROWSER: tunnelHelper}},
		place: 'vscode-tunnel',
		flow: 'device',
		reason: /tunnel/,
	},
	'VS Code in a tunnel that was started over SSH': {
		environment: {env: {...sshEnvironment, ...vsCode}, ancestors: ['bash', 'node', 'code-tunnel']},
		place: 'vscode-tunnel',
		flow: 'device',
	},
	'tmux in VS Code over SSH, whose variables may be stale': {
		environment: {env: {...sshEnvironment, ...vsCode, TMUX: '/tmp/tmux-1000/default,1,0'}},
		place: 'ssh',
		flow: 'device',
	},
	'a dev container in VS Code': {
		environment: {env: {...headless, ...vsCode, REMOTE_CONTAINERS: 'true'}, containerMark: true},
		place: 'devcontainer',
		flow: 'browser',
		reason: /container/,
	},
	'a dev container without an editor': {
		environment: {env: {...headless, REMOTE_CONTAINERS: 'true'}, containerMark: true},
		place: 'container',
		flow: 'device',
	},
	Docker: {environment: {env: headless, containerMark: true}, place: 'container', flow: 'device', reason: /container/},
	'a container that is part of the desktop, as Toolbx makes it': {
		environment: {containerMark: true},
		place: 'desktop',
		flow: 'browser',
	},
	'SSH into a container': {
		environment: {env: sshEnvironment, containerMark: true},
		place: 'ssh',
		flow: 'device',
		reason: /SSH/,
	},
	'Docker on a Windows computer': {
		environment: {env: headless, containerMark: true, kernel: wsl2},
		place: 'container',
		flow: 'device',
	},
	Podman: {environment: {env: {...headless, container: 'podman'}}, place: 'container', flow: 'device'},
	Kubernetes: {
		environment: {env: {...headless, KUBERNETES_SERVICE_HOST: '10.0.0.1'}},
		place: 'container',
		flow: 'device',
	},
	Codespaces: {
		environment: {env: {...headless, ...vsCode, CODESPACES: 'true'}, containerMark: true},
		place: 'codespaces',
		flow: 'device',
		reason: /codespace/,
	},
	Gitpod: {
		environment: {env: {...headless, GITPOD_WORKSPACE_ID: 'w'}, containerMark: true},
		place: 'gitpod',
		flow: 'device',
		reason: /Gitpod/,
	},
	'Google Cloud Shell': {
		environment: {env: {...headless, CLOUD_SHELL: 'true'}, containerMark: true},
		place: 'cloud-shell',
		flow: 'device',
		reason: /cloud shell/,
	},
	'Azure Cloud Shell': {environment: {env: {...headless, ACC_CLOUD: 'PROD'}}, place: 'cloud-shell', flow: 'device'},
	'AWS CloudShell': {
		environment: {env: {...headless, AWS_EXECUTION_ENV: 'CloudShell'}},
		place: 'cloud-shell',
		flow: 'device',
	},
	'tmux on the desktop': {
		environment: {env: {...desktopEnvironment, TMUX: '/tmp/tmux-1000/default,1,0'}},
		place: 'desktop',
		flow: 'browser',
	},
	'screen over SSH': {environment: {env: {...sshEnvironment, STY: '1.pts'}}, place: 'ssh', flow: 'device'},
	'headless Linux': {environment: {env: headless}, place: 'headless', flow: 'device', reason: /no display/},
	'CI without a secret': {
		environment: {env: {...headless, CI: 'true'}, tty: noTty},
		place: 'headless',
		flow: undefined,
		screen: undefined,
	},
	'CI with a secret': {
		environment: {env: {...headless, GITHUB_ACTIONS: 'true'}, tty: noTty},
		flows: withSecret,
		place: 'headless',
		flow: 'client-credentials',
		screen: undefined,
	},
	'CI that gives a terminal': {
		environment: {env: {...desktopEnvironment, CI: '1'}},
		place: 'desktop',
		flow: undefined,
		screen: undefined,
	},
	'CI=false is no CI': {environment: {env: {...desktopEnvironment, CI: 'false'}}, place: 'desktop', flow: 'browser'},
	'no terminal at all': {environment: {tty: noTty}, place: 'desktop', flow: undefined, screen: undefined},
	'no terminal, but a secret': {
		environment: {tty: noTty},
		flows: withSecret,
		place: 'desktop',
		flow: 'client-credentials',
		screen: undefined,
	},
	'stdout in a pipe': {
		environment: {tty: {stdin: true, stdout: false, stderr: true}},
		place: 'desktop',
		flow: 'browser',
		screen: 'stderr',
	},
	'stdin in a pipe': {
		environment: {tty: {stdin: false, stdout: true, stderr: true}},
		place: 'desktop',
		flow: 'browser',
		screen: undefined,
	},
	'TERM=dumb': {
		environment: {env: {...desktopEnvironment, TERM: 'dumb'}},
		place: 'desktop',
		flow: 'browser',
		screen: undefined,
	},
};

for (const [name, row] of Object.entries(locations)) {
	test(`demands 7, 16, 18: ${name} is recognised, with the flow that fits`, () => {
		const environment = environmentOf(row.environment);
		const location = locateTerminal(environment);
		assert.equal(location.place, row.place);
		assert.match(location.reason, row.reason ?? /\.$/);
		assert.equal(screenStream(environment), 'screen' in row ? row.screen : 'stdout');
		const choose = () => recommend(location, row.flows ?? all, {personIsThere: personIsThere(environment)});
		if (row.flow === undefined) assert.throws(choose, {name: 'LoginError', code: 'person_required'});
		else assert.equal(choose().flow, row.flow);
	});
}

test('a recommendation gives its reason in words', () => {
	const environment = environmentOf({env: sshEnvironment});
	assert.deepEqual(recommend(locateTerminal(environment), all, {personIsThere: true}), {
		flow: 'device',
		reason: "You're connected over SSH, so no browser opens here.",
	});
});

test('what the provider lacks is not recommended, and the reason says why', () => {
	const overSsh = locateTerminal(environmentOf({env: sshEnvironment}));
	const browser = recommend(overSsh, only('browser'), {personIsThere: true});
	assert.equal(browser.flow, 'browser');
	assert.match(browser.reason, /doesn't offer codes/);
	const desktop = locateTerminal(environmentOf());
	assert.equal(recommend(desktop, only('device'), {personIsThere: true}).flow, 'device');
	assert.equal(recommend(desktop, only('client-credentials'), {personIsThere: true}).flow, 'client-credentials');
	assert.equal(recommend(desktop, only('password'), {personIsThere: true}).flow, 'password');
	assert.throws(
		() => recommend(desktop, {...only('device'), device: 'no'}, {personIsThere: true}),
		(error: unknown) => error instanceof LoginError && error.code === 'config_error',
	);
});

test('demand 36: the flow chosen before for a profile goes before what the situation suggests, where it is possible', () => {
	const stale = locateTerminal(environmentOf({env: {...sshEnvironment, TMUX: 'x'}}));
	assert.equal(recommend(stale, all, {personIsThere: true, preferred: 'browser'}).flow, 'browser');
	assert.equal(recommend(stale, only('device'), {personIsThere: true, preferred: 'browser'}).flow, 'device');
});

test('demand 53: a flow that takes a person makes one of a pipe or a build machine', () => {
	const environment = environmentOf({env: {CI: 'true'}, tty: noTty});
	assert.equal(personIsThere(environment), false);
	assert.equal(personIsThere(environment, {flow: 'auto'}), false);
	assert.equal(personIsThere(environment, {flow: 'client-credentials'}), false);
	for (const options of [{flow: 'browser'}, {flow: 'device'}] as const) {
		assert.equal(personIsThere(environment, options), true, JSON.stringify(options));
	}

	assert.equal(personIsThere(environmentOf({tty: {...noTty, stderr: true}})), true);
});

test('demand 54: a screen far away, or in a multiplexer, is to be repainted seldom', () => {
	assert.equal(isRemote(environmentOf()), false);
	assert.equal(isRemote(environmentOf({env: sshEnvironment})), true);
	assert.equal(isRemote(environmentOf({env: {...desktopEnvironment, TMUX: 'x'}})), true);
	assert.equal(locateTerminal(environmentOf({env: {...desktopEnvironment, TMUX: 'x'}})).multiplexer, 'tmux');
	assert.equal(locateTerminal(environmentOf({env: {...desktopEnvironment, STY: '1.pts'}})).multiplexer, 'screen');
	assert.equal(isRemote(environmentOf({env: headless, containerMark: true})), false);
});

test('the facts of this machine are gathered at once and describe some place', async () => {
	const took = await shortest(100, () => {
		const begin = performance.now();
		detectEnvironment();
		return performance.now() - begin;
	});
	assert.ok(took < 100, `${took} ms`);
	const environment = detectEnvironment();
	assert.equal(environment.platform, process.platform);
	assert.equal(environment.env['PATH'], process.env['PATH']);
	if (process.platform === 'linux') {
		assert.match(environment.kernel, /Linux version/);
		assert.ok(environment.ancestors.length > 0);
	}

	assert.match(locateTerminal(environment).reason, /\.$/);
});
