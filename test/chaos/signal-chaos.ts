/* Refreshes that a person interrupts: `npm run chaos`. Arguments: interruptions of each kind (200), how many at a time (8). */
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import type {interruptions} from '../support/interrupted-refreshes.js';

const [count = 200, atATime = 8] = process.argv.slice(2).map(Number);
const program = fileURLToPath(new URL('interrupt.ts', import.meta.url));

/** In processes of their own: what one starts inherits its terminals, and would keep those open that it closes. */
const lostBy = async (name: keyof typeof interruptions): Promise<number> => {
	const processes = Array.from({length: atATime}, async (_, index) => {
		const rounds = Math.floor((count + index) / atATime);
		const {stdout} = await promisify(execFile)(process.execPath, [...process.execArgv, program, name, String(rounds)]);
		return Number(stdout);
	});
	return (await Promise.all(processes)).reduce((sum, lost) => sum + lost, 0);
};

const closed = await lostBy('closedTerminal');
const pressed = await lostBy('ctrlCUnderNpx');
process.stdout.write(
	`${count} closings of a terminal and ${count} Ctrl-C under npx, during a refresh at a strictly rotating server that ` +
		`takes 3 s: ${closed} and ${pressed} sessions lost\n`,
);
if (closed + pressed > 0) process.exitCode = 1;
