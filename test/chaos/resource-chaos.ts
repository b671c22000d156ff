/* Processes that share the sessions of several servers and are killed: `npm run chaos`. Arguments: servers (5), processes (20), expiries (24). */
import {callManyServers} from '../support/many-servers.js';
import {scoped} from './scoped.js';

const [servers = 5, processes = 20, expiries = 24] = process.argv.slice(2).map(Number);

const {calls, kills, windows, refreshes, repeats, seconds} = await scoped(async scope =>
	callManyServers(scope, {servers, processes, expiries, lifetime: 5, pause: 500}),
);
process.stdout.write(
	`${processes} processes at ${servers} servers, tokens of 5 s, ${Math.round(seconds)} s: ${calls} calls and none failed, ` +
		`${windows} sign-ins, one refresh for each of ${refreshes - repeats} expiries, ${kills} processes killed with SIGKILL, ` +
		`after which ${repeats} refreshes were repeated\n`,
);
