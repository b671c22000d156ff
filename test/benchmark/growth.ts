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

type Report = {
	readonly signedIn: number;
	/** Bytes for each of the first logins, with all that V8 asks for once and keeps. */
	readonly perFirst: number;
	/** Bytes for each of as many more, while the first wait on. */
	readonly perLogin: number;
	/** Milliseconds. */
	readonly delay: number;
};

/**
 * Many logins in one process, as in a terminal app that runs on a server: an engine each, one client, one provider. The
 * provider is in this process, so that only the logins weigh on the other. What counts is what one more costs: the first
 * ones bring compiled code and V8's young generation to their size, and as many more then wait beside them.
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
	const {signedIn, perFirst, perLogin, delay} = report;
	return [
		{part: 'growth', what: `${logins} logins, and ${logins} more beside them: signed in`, value: signedIn, unit: ''},
		{
			part: 'growth',
			what: 'memory of each of the first while they wait',
			value: perFirst / 1000,
			unit: 'KB',
			atMost: 100,
		},
		{part: 'growth', what: 'memory of each further one', value: perLogin / 1000, unit: 'KB', atMost: 100},
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
