import {once} from 'node:events';
import {connect} from 'node:net';
import {omitUndefined} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {connectionProblem} from '../oauth/errors.js';
import {claimFolder, randomName, removeIfThere, replaceFile} from '../session/store/atomic-file.js';
import {toStoreError} from '../session/store/file-system.js';
import {locateTerminal} from '../terminal/environment.js';
import {clipboardsOf, namedBrowsers} from '../terminal/login-terminal.js';
import {createFetch, proxiesOf} from '../terminal/proxy-fetch.js';
import {whoIsThere} from '../terminal/who-is-there.js';
import {tellError, type Check} from './run-check.js';

const attendance = {
	person: 'Someone is at the terminal.',
	agent: 'A coding agent is at work here, and a person reads along.',
	nobody: 'Nobody is at a terminal here.',
} as const;

const terminal: Check['run'] = ({environment}, tell) => {
	const {multiplexer, ci} = locateTerminal(environment);
	const who = ci ? 'This is a build machine, so nobody is there to sign in.' : attendance[whoIsThere(environment)];
	tell('ok', multiplexer === undefined ? who : `${who} It's inside ${multiplexer}.`);
};

const browser: Check['run'] = ({environment}, tell) => {
	const {names, isThere} = namedBrowsers(environment);
	const programs = names.join(', ');
	if (names.length === 0) tell('ok', locateTerminal(environment).reason);
	else if (isThere) tell('ok', `Links open with ${programs}, as BROWSER says.`);
	else {
		tell(
			'warning',
			`BROWSER names ${programs}, which isn't there, so no browser opens.`,
			"Set BROWSER to a browser that's installed, or unset it.",
		);
	}
};

const clipboard: Check['run'] = ({environment}, tell) => {
	const {system, terminal} = clipboardsOf(environment);
	if (system) tell('ok', "Codes and links are copied to this computer's clipboard.");
	else if (!terminal) tell('ok', "There's no clipboard here, so select what you need to copy.");
	else {
		const isTmux = locateTerminal(environment).multiplexer === 'tmux';
		const needs = isTmux ? ' tmux passes them on only with: tmux set -g set-clipboard on' : '';
		tell('ok', `Codes and links are copied through your terminal (OSC 52).${needs}`);
	}
};

/** Writes as a login would, into a file of its own. */
const folder: Check['run'] = ({store}, tell) => {
	const basis = store.basis?.();
	if (basis === undefined) return;
	const {directory, fileSystem} = basis;
	try {
		claimFolder(fileSystem, directory);
		const file = `${directory}/diagnosis.${randomName()}`;
		// No session is larger by far.
		replaceFile(fileSystem, file, Buffer.alloc(65_536));
		removeIfThere(fileSystem, file);
	} catch (error) {
		throw toStoreError(error, directory);
	}

	tell('ok', `Sessions can be saved in ${displayText(directory, 500)}.`);
};

const keyring: Check['run'] = async (subject, tell) => {
	const load = subject.store.basis?.().keyring;
	if (load === undefined) return;
	try {
		const systemKeyring = await load();
		// To read tells best why it doesn't work, to write that it does.
		await systemKeyring.get();
		await systemKeyring.probe();
		tell('ok', 'The system keyring works.');
	} catch (error) {
		// A file does as well, except for what is in the keyring.
		tellError(tell, error, subject, subject.store.kind === 'keyring' ? 'problem' : 'warning');
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

const network: Check['run'] = async ({environment, options}, tell, signal) => {
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
					'Correct HTTPS_PROXY and HTTP_PROXY, or unset them to connect without a proxy.',
				);
			}
		}),
	);
	if (proxies.length === 0) tell('ok', 'Requests go out directly, without a proxy.');
};

/** What a login needs of this computer, whatever the server. */
export const machineChecks: readonly Check[] = [
	{name: 'terminal', run: terminal},
	{name: 'browser', run: browser},
	{name: 'clipboard', run: clipboard},
	{name: 'folder', run: folder},
	{name: 'keyring', waitsFor: 'keyring', run: keyring},
	{name: 'network', run: network},
];
