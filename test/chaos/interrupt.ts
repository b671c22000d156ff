/* One of the processes of `signal-chaos.ts`; says how many sessions were lost. Arguments: what interrupts, rounds. */
import {setTimeout as delay} from 'node:timers/promises';
import {interruptions, interruptRefreshes} from '../support/interrupted-refreshes.js';
import {scoped} from './scoped.js';

const [name = '', rounds] = process.argv.slice(2);
const interruption = interruptions[name as keyof typeof interruptions];
const lost = await scoped(async scope =>
	interruptRefreshes(scope, interruption, {rounds: Number(rounds), untilResponse: async () => delay(3000)}),
);
process.stdout.write(String(lost));
