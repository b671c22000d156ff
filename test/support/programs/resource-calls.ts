/** Calls several resources over and over with the sessions of a folder, and says what came of each call, until stdin ends. */
import {setTimeout as delay} from 'node:timers/promises';
import {createMcpFetch} from '../../../source/mcp.js';
import {resource} from '../../../source/oauth/presets/resource.js';
import {createFileStore} from '../../../source/session/store/index.js';
import {TokenEngine} from '../../../source/token-engine.js';

const [directory = '', pause = '', ...urls] = process.argv.slice(2);
const store = createFileStore({directory});
let isOver = false as boolean;
process.stdin.once('end', () => (isOver = true)).resume();

const say = (line: string) => process.stdout.write(`${line}\n`);

const callAgain = async (url: string): Promise<void> => {
	const engine = new TokenEngine({
		provider: resource(url, {redirect: {ports: [0]}}),
		store,
		async show({engine: shown, options}) {
			const openBrowser = async (link: string) => {
				say('window');
				await (await fetch(link)).text();
				return {status: 'opened'} as const;
			};
			return shown.login({...options, flow: 'browser', terminal: {openBrowser}}).session;
		},
	});
	const send = createMcpFetch(engine);
	while (!isOver) {
		try {
			const {status} = await send(url, {method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'});
			say(status === 200 ? 'done' : `failed: ${status}`);
		} catch (error) {
			say(`failed: ${String(error)}`);
		}

		await delay(Number(pause));
	}
};

await Promise.all(urls.map(callAgain));
