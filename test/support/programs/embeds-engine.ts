/**
 * An app that embeds the engine. It does what the lines of its stdin say, and prints a line of JSON for each that is done;
 * between them it prints each state that it hears of, if it was told to `listen`.
 */
import {createInterface} from 'node:readline';
import {LoginError} from '../../../source/core/errors.js';
import type {Provider} from '../../../source/oauth/provider.js';
import {TokenEngine} from '../../../source/token-engine.js';

const [app = '', provider = ''] = process.argv.slice(2);
const engine = new TokenEngine({app, provider: JSON.parse(provider) as Provider, signInHint: `Run: ${app} login`});
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const who = async () => (await engine.session())?.identity?.subject ?? 'nobody';

const actions: Readonly<Record<string, () => Promise<unknown>>> = {
	ensure: async () => (await engine.ensure()).identity?.subject,
	browser: async () => (await engine.ensure({flow: 'browser'})).identity?.subject,
	who,
	logout: async () => (await engine.logout()).outcome,
	accounts: async () => (await engine.accounts()).length,
	async listen() {
		engine.subscribe(() => print({state: engine.state.status}));
	},
};

for await (const line of createInterface({input: process.stdin})) {
	try {
		print({[line]: (await actions[line]?.()) ?? null});
	} catch (error) {
		if (!(error instanceof LoginError)) throw error;
		print({[line]: error.code, hint: error.hint});
	}
}
