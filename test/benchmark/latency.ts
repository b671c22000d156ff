import {mkdtempSync} from 'node:fs';
import path from 'node:path';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {median, openTerminal, spread} from './measure.js';
import {round, type Figure} from './figure.js';
import type {Part} from './parts.js';

/** An address of this computer, at the end of which a path of random characters stands. */
const shortLink = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{11,}/;
const sequences = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\))/g; // eslint-disable-line no-control-regex -- that is what they begin with

/** From the end of the wait on: what the person has done is seen, and said on the screen. */
export const latency: Part = async ({node, build, runs, folder}) => {
	const signIn = async (
		flow: 'device' | 'browser',
		act: (server: ScriptedServer, screen: string) => Promise<number>,
	) => {
		await using server = await startScriptedServer({interval: 1});
		const terminal = openTerminal(node, {
			args: [
				path.join(build, 'command', 'cli.cjs'),
				...['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file', '--no-open', '--flow', flow],
			],
			env: {INK_LOGIN_HOME: mkdtempSync(path.join(folder, 'home-')), DISPLAY: ':0'},
		});
		try {
			await terminal.sees(flow === 'device' ? /[A-Z]{4}-[A-Z]{4}/ : shortLink);
			const began = await act(server, terminal.output().replaceAll(sequences, ''));
			await terminal.sees(/Signed in/);
			return Date.now() - began;
		} finally {
			await terminal.end();
		}
	};
	const device: number[] = [];
	const browser: number[] = [];
	for (let run = 0; run < runs; run++) {
		device.push(
			await signIn('device', async server => {
				server.approve();
				// The first poll after the approval is when the wait is over.
				return (await server.received('token')).at;
			}),
		);
		browser.push(
			await signIn('browser', async (server, screen) => {
				const [address = ''] = shortLink.exec(screen) ?? [];
				await server.openBrowser(address as never, new AbortController().signal);
				// From here the redirect leads to the port: the callback comes later than this.
				return (await server.received('authorization')).at;
			}),
		);
	}

	const figure = (what: string, values: readonly number[], atMost: number): Figure => ({
		part: 'latency',
		what,
		value: median(values),
		unit: 'ms',
		fastest: Math.min(...values),
		atMost,
		note: `half of the runs within ${round(spread(values) * 100, 0)} %`,
	});
	return [
		figure('approved, and the wait over → "Signed in" on the screen', device, 150),
		figure('the browser is sent back → "Signed in" on the screen', browser, 60),
	];
};
