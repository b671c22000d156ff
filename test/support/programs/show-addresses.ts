import {screen} from '../../../source/components/render-login.js';
import {TokenEngine} from '../../../source/token-engine.js';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {startScriptedServer} from '../../../source/testing/index.js';

/** A login screen against a server in memory. Its arguments: the flow to begin with, and the server's verification address. */
const [flow, verification] = process.argv.slice(2) as ['browser' | 'device', string];
const server = await startScriptedServer({issuer: 'https://auth.example.test', endpoints: {verification}});
const engine = new TokenEngine({provider: server.provider, store: createMemoryStore(), fetch: server.fetch});
const nothing = async () => ({status: 'unavailable'}) as const;
try {
	await screen(
		{
			engine,
			view: {kind: 'screen', stream: 'stdout'},
			options: {flow, open: false, terminal: {browser: 'here', clipboard: nothing}},
		},
		{showQr: false},
	);
} catch {
	// Left by Ctrl-C.
}
