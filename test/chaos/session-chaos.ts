/*
 * Sessions under fire: `npm run chaos`. Arguments: kills (1000), rounds of 20 processes at the moment of expiry (50), dead
 * refreshes met by 20 processes (20).
 */
import {killRefreshes, meetDeadRefresh} from '../support/lost-responses.js';
import {runRefreshRounds} from '../support/refresh-rounds.js';
import {scoped} from './scoped.js';

const [kills = 1000, rounds = 50, meetings = 20] = process.argv.slice(2).map(Number);

const say = (line: string) => process.stdout.write(`${line}\n`);

await scoped(async scope => runRefreshRounds(scope, {rounds}));
say(
	`${rounds} rounds of 20 processes at the moment of expiry: one refresh each, 20 times the same token, the session lives`,
);

for (const manner of ['lenient', 'strict'] as const) {
	const half = Math.ceil(kills / 2);
	const {lost, longest} = await scoped(async scope => killRefreshes(scope, manner, half));
	say(
		`${half} rounds of two refreshing processes killed with SIGKILL, at a ${manner} server: no torn file, the next token ` +
			`after ${Math.round(longest)} ms at most, ${lost} sessions lost` +
			(manner === 'strict' ? ' (each with a response that no process had stored)' : ''),
	);
}

for (let meeting = 0; meeting < meetings; meeting++) await scoped(async scope => meetDeadRefresh(scope));
say(`${meetings} refreshes killed under way, each met by 20 processes: one refresh more, and all have the same token`);
