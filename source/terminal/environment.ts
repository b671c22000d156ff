import {existsSync, readFileSync} from 'node:fs';
import os from 'node:os';
import {checkUrl, escapeHref, type SafeUrl} from '../core/safe-url.js';
import type {BrowserPlace, LoginTerminal} from '../login/terminal.js';

/** What the machine says about where we run. Everything that is decided from it is a pure function of it. */
export type TerminalEnvironment = {
	/** The environment variables. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** As Node.js names it: `linux`, `darwin`, `win32`. */
	readonly platform: NodeJS.Platform;
	/** Which of the standard streams are terminals. */
	readonly tty: {readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean};
	/** What this computer is called in a network. */
	readonly hostname: string;
	/** The name of the user who runs us; '' where the system has none for the uid. */
	readonly user: string;
	/** What `/proc/version` says; '' elsewhere than on Linux. */
	readonly kernel: string;
	/** Whether Docker's or Podman's mark is in the file system. */
	readonly containerMark: boolean;
	/** The names of the processes above ours, nearest first (Linux): `sudo` hides SSH's variables, but not its processes. */
	readonly ancestors: readonly string[];
	/** Whether the terminal is not the process's own but a visitor's, as an SSH server's or a web terminal's are. */
	readonly isServed?: boolean;
};

/** '' where the system does not tell. */
const told = (ask: () => string): string => {
	try {
		return ask();
	} catch {
		return '';
	}
};

const textOf = (path: string): string => told(() => readFileSync(path, 'utf8'));

const ancestorsOf = (pid: number): string[] => {
	const names: string[] = [];
	// "1234 (name, which may hold spaces and brackets) S 1230 …" (proc_pid_stat(5)); deeper than this nobody nests.
	for (let parent = pid; parent > 1 && names.length < 16;) {
		const stat = /^\d+ \((.*)\) \S (\d+)/s.exec(textOf(`/proc/${parent}/stat`));
		if (!stat?.[1]) break;
		names.push(stat[1]);
		parent = Number(stat[2]);
	}

	return names;
};

/**
 * The one look at the world of this layer: synchronous, without a process or a request, well under a millisecond.
 *
 * @param output - what a screen is drawn on. Where that is neither stdout nor stderr, our environment, ancestors and
 * standard streams say nothing of the person. @default the process's own terminal
 */
export const detectEnvironment = (output?: {readonly fd?: number; readonly isTTY?: boolean}): TerminalEnvironment => {
	const isLinux = process.platform === 'linux';
	// Not imported: it loads sockets and streams, a sixth of the time that `token` takes.
	const {isatty} = process.getBuiltinModule('node:tty');
	const isServed = output !== undefined && output.fd !== 1 && output.fd !== 2;
	const isTTY = output?.isTTY === true;
	return {
		env: isServed ? {} : {...process.env},
		platform: process.platform,
		tty: isServed
			? {stdin: isTTY, stdout: isTTY, stderr: false}
			: {stdin: isatty(0), stdout: isatty(1), stderr: isatty(2)},
		hostname: os.hostname(),
		user: told(() => os.userInfo().username),
		kernel: isLinux ? textOf('/proc/version') : '',
		containerMark: isLinux && (existsSync('/.dockerenv') || existsSync('/run/.containerenv')),
		ancestors: isLinux && !isServed ? ancestorsOf(process.ppid) : [],
		isServed,
	};
};

/** Where the terminal's programs run, seen from the person. */
export type Place =
	| 'server'
	| 'desktop'
	| 'wsl'
	| 'ssh'
	| 'mosh'
	| 'vscode-ssh'
	| 'vscode-tunnel'
	| 'devcontainer'
	| 'container'
	| 'codespaces'
	| 'gitpod'
	| 'cloud-shell'
	| 'headless';

/** Where the terminal is, and what that means for a browser. */
export type TerminalLocation = {
	/** What kind of place it is. */
	readonly place: Place;
	/**
	 * Whether the person's browser reaches a loopback address of ours: it is on this computer, something forwards the
	 * address to where it is, or neither.
	 */
	readonly browser: BrowserPlace;
	/** A sentence that says why. */
	readonly reason: string;
	/** What stands between the program and the terminal. */
	readonly multiplexer?: 'tmux' | 'screen';
	/** A build machine, where nobody looks on. */
	readonly ci: boolean;
};

/** Whether a variable is there and does not say no. */
export const isSet = (value: string | undefined): boolean => value !== undefined && !/^(|0|false)$/i.test(value);

/** Variables of build machines. `CI=false` overrules them all. */
const buildMachines = words(`
	CI CONTINUOUS_INTEGRATION CI_NAME CI_APP_ID CI_BUILD_ID CI_BUILD_NUMBER BUILD_NUMBER
	AC_APPCIRCLE AGOLA_GIT_REF ALPIC_HOST APPCENTER_BUILD_ID APPVEYOR BITBUCKET_BUILD_NUMBER BITBUCKET_COMMIT BITRISE_IO
	BUDDY_WORKSPACE_ID BUILDER_OUTPUT BUILDKITE CAPAWESOME_CLOUD CF_BUILD_ID CF_PAGES CIRCLECI CIRRUS_CI CI_XCODE_PROJECT CM_BUILD_ID
	CODEBUILD_BUILD_ARN CODEBUILD_BUILD_ID DRONE DSARI EARTHLY_CI EAS_BUILD GERRIT_PROJECT GITEA_ACTIONS GITHUB_ACTIONS
	GITLAB_CI GO_PIPELINE_LABEL HARNESS_BUILD_ID HUDSON_URL JENKINS_URL LAYERCI MAGNUM NEVERCODE NOW_BUILDER PROW_JOB_ID
	RELEASE_BUILD_ID RWX SAILCI SCREWDRIVER SEMAPHORE STRIDER TEAMCITY_VERSION TF_BUILD TRAVIS VELA WORKERS_CI XCS
	bamboo_planKey
`);

export function words(text: string): readonly string[] {
	return text.trim().split(/\s+/);
}

/** Whether this is a build machine, where nobody looks on, whatever terminal it has. */
export const isBuildMachine = ({env}: Pick<TerminalEnvironment, 'env'>): boolean =>
	(env['CI'] === undefined || isSet(env['CI'])) && buildMachines.some(name => isSet(env[name]));

const multiplexerOf = ({env}: TerminalEnvironment): TerminalLocation['multiplexer'] => {
	if (env['TMUX']) return 'tmux';
	return env['STY'] ? 'screen' : undefined;
};

const isMosh = ({ancestors}: TerminalEnvironment): boolean => ancestors.includes('mosh-server');

/** Whether the terminal is at the other end of SSH, or of mosh, which begins as SSH. */
const isOverSsh = (environment: TerminalEnvironment): boolean =>
	isMosh(environment) ||
	isSet(environment.env['SSH_CONNECTION']) ||
	isSet(environment.env['SSH_TTY']) ||
	// `sudo` and `su` drop the variables; the daemon is still above us (its session process since OpenSSH 9.8).
	environment.ancestors.some(name => name === 'sshd' || name === 'sshd-session');

const isWsl = ({platform, env, kernel}: TerminalEnvironment): boolean =>
	platform === 'linux' && (/microsoft/i.test(kernel) || isSet(env['WSL_DISTRO_NAME']));

/** A terminal inside a VS Code window whose server runs on this machine. Through tmux its variables may be stale. */
const isVsCodeServer = (environment: TerminalEnvironment): boolean =>
	isSet(environment.env['VSCODE_IPC_HOOK_CLI']) && multiplexerOf(environment) === undefined;

const vsCodeServerPath = ({env}: TerminalEnvironment): string =>
	[env['BROWSER'], env['VSCODE_GIT_ASKPASS_NODE'], env['VSCODE_GIT_ASKPASS_MAIN']].join('\n');

const isVsCodeTunnel = (environment: TerminalEnvironment): boolean =>
	environment.ancestors.includes('code-tunnel') ||
	/[/\\]\.vscode(-insiders)?[/\\]cli[/\\]/.test(vsCodeServerPath(environment)) ||
	// code-server and its like show VS Code in a browser tab: no port comes with that.
	isSet(environment.env['VSCODE_PROXY_URI']);

const isContainer = ({containerMark, env}: TerminalEnvironment): boolean =>
	containerMark || isSet(env['container']) || isSet(env['KUBERNETES_SERVICE_HOST']);

const hasDisplay = ({platform, env}: TerminalEnvironment): boolean =>
	platform === 'darwin' ||
	platform === 'win32' ||
	[env['DISPLAY'], env['WAYLAND_DISPLAY'], env['TERMUX_VERSION']].some(Boolean);

type Row = readonly [
	place: Place,
	matches: (environment: TerminalEnvironment) => boolean,
	browser: TerminalLocation['browser'],
	reason: string,
];

/** The first row that matches holds; so the ones that know most come first. */
const places: readonly Row[] = [
	['server', ({isServed}) => isServed === true, 'elsewhere', "You're connected to a server, so no browser opens here."],
	[
		'codespaces',
		({env}) => isSet(env['CODESPACES']),
		'elsewhere',
		"You're in a GitHub codespace, so no browser opens here.",
	],
	[
		'gitpod',
		({env}) => isSet(env['GITPOD_WORKSPACE_ID']) || isSet(env['GITPOD_ENVIRONMENT_ID']),
		'elsewhere',
		"You're in a Gitpod workspace, so no browser opens here.",
	],
	[
		'cloud-shell',
		({env}) =>
			isSet(env['CLOUD_SHELL']) ||
			isSet(env['GOOGLE_CLOUD_WORKSTATIONS']) ||
			isSet(env['ACC_CLOUD']) ||
			env['AWS_EXECUTION_ENV'] === 'CloudShell',
		'elsewhere',
		"You're in a cloud shell, so no browser opens here.",
	],
	[
		'vscode-tunnel',
		environment => isVsCodeServer(environment) && isVsCodeTunnel(environment),
		'elsewhere',
		"You're in VS Code through a tunnel, so no browser opens here.",
	],
	[
		'devcontainer',
		environment => isSet(environment.env['REMOTE_CONTAINERS']) && isVsCodeServer(environment),
		'forwarded',
		"VS Code forwards this container's ports to your browser.",
	],
	[
		'vscode-ssh',
		environment => isVsCodeServer(environment) && isOverSsh(environment),
		'forwarded',
		"VS Code forwards this machine's ports to your browser.",
	],
	['mosh', isMosh, 'elsewhere', "You're connected over mosh, so no browser opens here."],
	['ssh', isOverSsh, 'elsewhere', "You're connected over SSH, so no browser opens here."],
	[
		'container',
		// One with a display is part of a desktop: Toolbx, Distrobox.
		environment => isContainer(environment) && !hasDisplay(environment),
		'elsewhere',
		"You're in a container, so no browser opens here.",
	],
	['wsl', isWsl, 'here', 'Your Windows browser can be opened from here.'],
	[
		'headless',
		environment => !hasDisplay(environment),
		'elsewhere',
		"This computer has no display, so it can't open a browser.",
	],
];

/** Says where the terminal is, and whether a browser opened from it reaches the person. */
export const locateTerminal = (environment: TerminalEnvironment): TerminalLocation => {
	const [place, , browser, reason] = places.find(([, matches]) => matches(environment)) ?? [
		'desktop',
		undefined,
		'here',
		'Your browser can be opened from here.',
	];
	const multiplexer = multiplexerOf(environment);
	return {place, browser, reason, ci: isBuildMachine(environment), multiplexer};
};

/** Whether each repaint travels through a network or a multiplexer, so that a screen had better repaint seldom. */
export const isRemote = (environment: TerminalEnvironment): boolean => {
	const {place, multiplexer} = locateTerminal(environment);
	return multiplexer !== undefined || !['desktop', 'wsl', 'container', 'devcontainer', 'headless'].includes(place);
};

/** What is safe to type unquoted in any shell. */
const isPlainWord = (text: string): boolean => /^[\w.][\w.-]*$/.test(text);

/** The host is the one that the connection came to: its name may be another from outside, or there may be a gateway. */
const sshLine = (environment: TerminalEnvironment, port: number): string => {
	// "client-address client-port server-address server-port" (ssh(1)); `sudo` drops it.
	const [, , address = '', sshPort = '22'] = (environment.env['SSH_CONNECTION'] ?? '').split(' ');
	const name = isPlainWord(environment.hostname) ? environment.hostname : 'HOST';
	const host = process.getBuiltinModule('node:net').isIP(address) ? address : name;
	const user = isPlainWord(environment.user) ? environment.user : 'USER';
	const portOption = /^\d+$/.test(sshPort) && sshPort !== '22' ? `-p ${sshPort} ` : '';
	return `ssh -N -L ${port}:127.0.0.1:${port} ${portOption}${user}@${host}`;
};

/**
 * The line to type on the computer with the browser, so that a loopback address there leads here.
 *
 * @returns undefined where the browser reaches this computer anyway, or where no such line is known
 */
export const forwardLine = (environment: TerminalEnvironment, port: number): string | undefined => {
	const {browser, place} = locateTerminal(environment);
	if (browser !== 'elsewhere') return undefined;
	const {CODESPACE_NAME: codespace = '', CLOUD_SHELL: googleShell} = environment.env;
	// Their own SSH comes by ways that the plain line does not know.
	if (place === 'codespaces') {
		return isPlainWord(codespace) ? `gh codespace ports forward ${port}:${port} --codespace ${codespace}` : undefined;
	}

	if (place === 'cloud-shell') return googleShell && `gcloud cloud-shell ssh -- -N -L ${port}:127.0.0.1:${port}`;
	return place !== 'gitpod' && isOverSsh(environment) ? sshLine(environment, port) : undefined;
};

const forwardedText = ({env}: TerminalEnvironment, port: number): string | undefined => {
	const {
		CODESPACE_NAME: codespace,
		GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN: codespaceDomain,
		GITPOD_WORKSPACE_URL: gitpod,
		WEB_HOST: webHost,
	} = env;
	if (codespace && codespaceDomain) return `https://${codespace}-${port}.${codespaceDomain}/`;
	if (gitpod) return gitpod.replace(/^https:\/\//, `https://${port}-`);
	// Google's Cloud Shell and Cloud Workstations.
	return webHost && `https://${port}-${webHost}/`;
};

/** The address under which a platform brings one of our ports to the person's browser, where it says so. */
export const forwardedAddress = (environment: TerminalEnvironment, port: number): SafeUrl | undefined => {
	const text = forwardedText(environment, port);
	const url = text ? checkUrl(text) : undefined;
	return url instanceof URL ? escapeHref(url.href) : undefined;
};

/** Where the person's browser is, and how it reaches a port of this computer. */
export type BrowserReach = Pick<LoginTerminal, 'browser' | 'forwardLine' | 'forwardedAddress'>;

export const browserReach = (environment: TerminalEnvironment): Required<BrowserReach> => ({
	browser: locateTerminal(environment).browser,
	forwardLine: port => forwardLine(environment, port),
	forwardedAddress: port => forwardedAddress(environment, port),
});
