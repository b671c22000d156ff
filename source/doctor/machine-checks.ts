import {once} from 'node:events';
import {connect} from 'node:net';
import {omitUndefined} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {connectionProblem} from '../oauth/errors.js';
import {locateTerminal} from '../terminal/environment.js';
import {clipboardsOf, namedBrowsers} from '../terminal/login-terminal.js';
import {createFetch, proxiesOf} from '../terminal/proxy-fetch.js';
import {whoIsThere} from '../terminal/who-is-there.js';
import type {Check} from './check.js';

const attendance = {
	person: 'Someone is at the terminal.',
	agent: 'A coding agent runs this, and a person reads what it writes.',
	nobody: 'Nobody is at a terminal here.',
} as const;

const terminal: Check['run'] = ({environment}, {tell}) => {
	const {multiplexer, ci} = locateTerminal(environment);
	const who = ci ? 'This is a build machine, so nobody is there to sign in.' : attendance[whoIsThere(environment)];
	tell('ok', multiplexer === undefined ? who : `${who} This runs inside ${multiplexer}.`);
};

const browser: Check['run'] = ({environment}, {tell}) => {
	const {names, isThere} = namedBrowsers(environment);
	const programs = names.join(', ');
	if (names.length === 0) tell('ok', locateTerminal(environment).reason);
	else if (isThere) tell('ok', `Links open with ${programs}, as BROWSER says.`);
	else {
		tell(
			'warning',
			`BROWSER is set to ${programs}, but that isn't installed, so no browser opens.`,
			"Set BROWSER to a browser that's installed, or unset it.",
		);
	}
};

const clipboard: Check['run'] = ({environment}, {tell}) => {
	const {system, terminal} = clipboardsOf(environment);
	if (system) tell('ok', "Codes and links are copied to this computer's clipboard.");
	else if (!terminal) tell('ok', "There's no clipboard here, so select what you need to copy.");
	else {
		const isTmux = locateTerminal(environment).multiplexer === 'tmux';
		const needs = isTmux ? ' tmux passes them on only with: tmux set -g set-clipboard on' : '';
		tell('ok', `Codes and links are copied through your terminal (OSC 52).${needs}`);
	}
};

const connectTo = async ({hostname, port, protocol}: URL, signal: AbortSignal): Promise<void> => {
	const host = hostname.replaceAll(/^\[|\]$/g, '');
	const socket = connect({host, port: Number(port) || (protocol === 'https:' ? 443 : 80)});
	try {
		await once(socket, 'connect', {signal});
	} finally {
		socket.on('error', () => undefined).destroy();
	}
};

const network: Check['run'] = async ({environment, options}, {tell}, signal) => {
	const {fetch, caFile} = options;
	if (fetch !== undefined) return;
	await createFetch(environment, omitUndefined({caFile}));
	const proxies = proxiesOf(environment);
	await Promise.all(
		proxies.map(async proxy => {
			const host = displayText(proxy.host, 80);
			try {
				await connectTo(proxy, signal);
				tell('ok', `Requests go through the proxy ${host}.`);
			} catch (error) {
				signal.throwIfAborted();
				tell(
					'problem',
					`Can't connect to the proxy ${host}: ${connectionProblem(error)}.`,
					'Fix HTTPS_PROXY and HTTP_PROXY, or unset them to connect without a proxy.',
				);
			}
		}),
	);
	if (proxies.length === 0) tell('ok', 'Requests go out directly, without a proxy.');
};

/** What a login needs of the terminal and the network. */
export const machineChecks: readonly Check[] = [
	{name: 'terminal', run: terminal},
	{name: 'browser', run: browser},
	{name: 'clipboard', run: clipboard},
	{name: 'network', run: network},
];
