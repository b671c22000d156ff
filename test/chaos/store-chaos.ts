/* Kills writers and holders of locks by the thousand: `npm run chaos`. Arguments: kills (1000), meetings at a dead lock (50). */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {killWriters, meetDeadLock} from '../session/store/chaos.js';
import {prepareChildren} from '../session/store/children.js';

const [kills = 1000, meetings = 50] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(path.join(tmpdir(), 'ink-login-chaos-'));
const children = prepareChildren();
try {
	const longest = await killWriters(children, path.join(folder, 'writers'), kills);
	process.stdout.write(
		`${kills} rounds of two writers killed with SIGKILL: no torn file, no session lost, no number counted twice; ` +
			`the lock was free again after ${Math.round(longest)} ms at most\n`,
	);
	for (let meeting = 0; meeting < meetings; meeting++) {
		await meetDeadLock(children, path.join(folder, `meeting-${meeting}`), 20);
	}

	process.stdout.write(`${meetings} dead locks met by 20 processes each: never two holders, none left waiting\n`);
} finally {
	children.remove();
	rmSync(folder, {recursive: true, force: true});
}
