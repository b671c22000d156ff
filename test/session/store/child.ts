import {appendFileSync, writeSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {createFileStore} from '../../../source/session/store/file-store.js';
import {openStore} from '../../../source/session/store/open-store.js';
import {makeSession, never} from './fixtures.js';

/** The processes that the tests start and kill: `child.js ACTION DIRECTORY [MORE]`. */
const [action = '', directory = '', more = ''] = process.argv.slice(2);

const say = (line: string): void => void writeSync(1, `${line}\n`);

const order = async (): Promise<void> => new Promise(resolve => process.stdin.once('data', () => resolve()));

const actions: Readonly<Record<string, () => Promise<void>>> = {
	/** Takes the lock and keeps it until killed. */
	async hold() {
		await createFileStore({directory}).lock('work', 'refresh', {signal: never});
		say('held');
		process.stdin.resume();
	},
	/** Once told to, takes the lock and writes to a log when it got in and when it left. */
	async contend() {
		const store = createFileStore({directory});
		say('ready');
		await order();
		const lock = await store.lock('work', 'refresh', {signal: never});
		appendFileSync(more, `in ${process.pid}\n`);
		await delay(2);
		appendFileSync(more, `out ${process.pid}\n`);
		await lock?.release();
		process.stdin.destroy();
	},
	/** Counts in the session, under the lock, until killed; says each number once it is on disk. */
	async count() {
		const store = createFileStore({directory});
		for (;;) {
			const lock = await store.lock('work', 'refresh', {signal: never});
			const number = Number((await store.read('work'))?.tokens.accessToken ?? 0) + 1;
			await store.write('work', makeSession(String(number)));
			say(String(number));
			await lock?.release();
		}
	},
	/** Signs in: writes a session of `more` bytes. */
	async login() {
		const store = openStore({home: directory, say});
		await store.prepare?.();
		await store.write('work', makeSession('x'.repeat(Number(more))));
		say(JSON.stringify({kind: store.kind, notices: store.notices}));
	},
	/** Signs in to a program that has the name `more`. */
	async loginTo() {
		const store = openStore({app: more, environment: {...process.env, INK_LOGIN_HOME: directory}});
		await store.prepare?.();
		await store.write('work', makeSession('x'));
		say(JSON.stringify({kind: store.kind, notices: store.notices}));
	},
	/** Begins to sign in, and ends when it is told to. */
	async abandon() {
		const store = openStore({home: directory, kind: 'keyring'});
		store.prepare?.().catch(() => undefined);
		await order();
		process.exit();
	},
	async read() {
		const store = openStore({home: directory});
		try {
			const session = await store.read('work');
			say(JSON.stringify({kind: store.kind, length: session?.tokens.accessToken.length, notices: store.notices}));
		} catch (error) {
			const {message, hint} = error as {message: string; hint: string};
			say(JSON.stringify({message, hint}));
		}
	},
	async remove() {
		const store = openStore({home: directory});
		say(JSON.stringify({removed: await store.remove('work'), list: await store.list()}));
	},
};

await actions[action]?.();
