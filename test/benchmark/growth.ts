import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {startScriptedServer} from '../../source/testing/index.js';
import {round} from './figure.js';
import {cleanEnvironment} from './measure.js';
import type {Part} from './parts.js';

/** Seconds between two polls, and over which the starts are spread. */
const interval = 5;

type Report = {readonly signedIn: number; readonly perLogin: number; readonly delay: number};

/**
 * Many logins in one process, as in a terminal app that runs on a server: an engine each, one client, one provider. The
 * provider is in this process, so that only the logins weigh on the other.
 */
export const growth: Part = async ({node, build, logins}) => {
	await using server = await startScriptedServer({interval, deviceCodeLifetime: 600});
	const child = spawn(
		node,
		[
			'--expose-gc',
			path.join(import.meta.dirname, 'fixtures', 'many-logins.js'),
			build,
			server.issuer,
			String(logins),
			String(interval),
		],
		{env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit']},
	);
	const exited = once(child, 'exit');
	let report: Report | undefined;
	for await (const line of createInterface({input: child.stdout})) {
		if (line.startsWith('{')) report = JSON.parse(line) as Report;
		else server.approve(line);
	}

	await exited;
	if (report === undefined) throw new Error('The logins ended without a report.');
	const {signedIn, perLogin, delay} = report;
	return [
		{part: 'growth', what: `${logins} logins at once: signed in`, value: signedIn, unit: ''},
		{part: 'growth', what: 'memory of each while it waits', value: perLogin / 1000, unit: 'KB', atMost: 100},
		{
			part: 'growth',
			what: 'event-loop delay, 99th percentile',
			value: delay,
			unit: 'ms',
			atMost: 20,
			note: `starts and approvals spread over ${round(interval, 0)} s each`,
		},
	];
};
