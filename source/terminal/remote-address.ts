import {isIP} from 'node:net';
import {checkUrl, escapeHref, type SafeUrl} from '../engine/safe-url.js';
import type {TerminalEnvironment} from './facts.js';
import {locateTerminal, isOverSsh} from './situation.js';

/** What is safe to type unquoted in any shell. */
const isPlainWord = (text: string): boolean => /^[\w.][\w.-]*$/.test(text);

/** The host is the one that the connection came to: its name may be another from outside, or there may be a gateway. */
const sshLine = (environment: TerminalEnvironment, port: number): string => {
	// "client-address client-port server-address server-port" (ssh(1)); `sudo` drops it.
	const [, , address = '', sshPort = '22'] = (environment.env['SSH_CONNECTION'] ?? '').split(' ');
	const name = isPlainWord(environment.hostname) ? environment.hostname : 'HOST';
	const host = isIP(address) ? address : name;
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
