import {readFileSync} from 'node:fs';
import process from 'node:process';
import type {BrowserOpener} from '../../source/login/terminal.js';
import {LoginError} from '../../source/core/errors.js';
import {createMemoryStore} from '../../source/session/store/memory-store.js';
import {createHurriedClock} from './hurried-clock.js';
import {EngineWithBrowser} from './engine-with-browser.js';
import type {FlowName} from '../../source/core/types.js';

// A process that meets one hostile server after the other and tells, for each, what came of it, and how much memory
// that took at most. What it is to do comes as an argument: [issuer, flow][].

/** Limits of half a minute pass in a second. */
const factor = 30;

const openBrowser: BrowserOpener = async (address, signal) => {
	let url: string | null = address;
	for (let hop = 0; url !== null && hop < 5; hop++) {
		const response: Response = await fetch(url, {redirect: 'manual', signal});
		await response.text();
		url = response.headers.get('location');
	}

	return {status: 'opened'};
};

const wholeLife = async (issuer: string, flow: FlowName): Promise<void> => {
	const clock = createHurriedClock(factor);
	const provider = {name: 'hostile', issuer, clientId: 'test-client'};
	const engine = new EngineWithBrowser({provider, store: createMemoryStore({clock}), clock, openBrowser});
	await engine.login({flow, timeout: 120}).session;
	await engine.userInfo().catch(onlyOurs);
	const rejected = await engine.token().catch(() => '');
	await engine.token({rejected}).catch(onlyOurs);
	await engine.logout();
};

const onlyOurs = (error: unknown): LoginError => {
	if (error instanceof LoginError) return error;
	throw error;
};

const outcomes: (string | undefined)[] = [];
for (const [issuer, flow] of JSON.parse(process.argv[2] ?? '[]') as [string, FlowName][]) {
	// What the last one left behind to be collected is not what this one takes; what cannot be collected is.
	globalThis.gc?.();
	outcomes.push(
		await wholeLife(issuer, flow).then(
			() => 'ended well',
			(error: unknown) => onlyOurs(error).code,
		),
	);
}

/** In kilobytes. Linux counts what the parent had before it became this process into the usual figure, so it is asked otherwise. */
const peak = (): number => {
	if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
	return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
};

process.stdout.write(JSON.stringify({outcomes, megabytes: peak() / 1024}));
