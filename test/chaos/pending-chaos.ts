/* Logins whose processes are killed or race: `npm run chaos`. Arguments: kills (200), races (200). */
import {killResumers, raceResumers, type Counted} from '../support/killed-logins.js';
import {scoped} from './scoped.js';

const [kills = 200, races = 200] = process.argv.slice(2).map(Number);

const inWords = ({codes, polls, early, grants}: Counted): string =>
	`the server counted ${codes} codes, ${grants} grants, ${polls} polls, ${early} too soon`;

if (kills > 0) {
	const {killed, lost, ...counted} = await scoped(async scope => killResumers(scope, kills));
	process.stdout.write(
		`${kills} processes that went on with a login, ${killed} of them killed with SIGKILL before they ended: ${inWords(counted)}; ` +
			`${lost} approvals lost (each with a response that no process had stored)\n`,
	);
}

if (races > 0) {
	const counted = await scoped(async scope => raceResumers(scope, races));
	process.stdout.write(
		`${races} races of two that went on with a login: one signed in, both report the same session; ${inWords(counted)}\n`,
	);
}
