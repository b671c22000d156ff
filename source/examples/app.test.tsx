import assert from 'node:assert/strict';
import test from 'node:test';
import {Text} from 'ink';
import {render} from 'ink-testing-library';
import {createMemoryStore, LoginGate, TokenEngine, useAuth} from '../index.js';
import {createManualClock, startScriptedServer, testEnvironment} from '../testing/index.js';

/* How to test an app that embeds the login: without a network, without waiting, and with the same result on every machine. */

function App({engine}: {readonly engine: TokenEngine}) {
	return <Text>Hello, {useAuth(engine).identity?.name}</Text>;
}

/** The app as its users have it, with a server, an API and a clock of the test's own. */
const setting = async (api: () => Response = () => new Response('ok')) => {
	const clock = createManualClock();
	const server = await startScriptedServer({issuer: 'https://id.example', clock});
	const engine = new TokenEngine({
		...{provider: server.provider, store: createMemoryStore(), clock, origins: ['https://api.example']},
		fetch: async (input, init) =>
			new Request(input).url.startsWith('https://api') ? api() : server.fetch(input, init),
	});
	const app = render(
		<LoginGate engine={engine} flow="device" {...testEnvironment}>
			<App engine={engine} />
		</LoginGate>,
	);
	/** Resolves with the frame once it shows something; time goes on meanwhile. */
	const shows = async (pattern: RegExp): Promise<string> => {
		while (!pattern.test(app.lastFrame() ?? '')) await new Promise(resolve => setImmediate(resolve));
		return app.lastFrame() ?? '';
	};
	const approve = async () => {
		await shows(/[A-Z]{4}-[A-Z]{4}/);
		server.approve();
		await clock.advanceUntil(shows(/Hello, Ada Lovelace/));
	};
	return {engine, app, shows, approve};
};

test('someone approves the code, and the app knows who they are', async () => {
	const {app, approve} = await setting();
	await approve();
	app.unmount();
});

test('what the API asks for later is asked for inside the app, and the app is back when it is there', async () => {
	let isAllowed = false;
	const headers = {'www-authenticate': 'Bearer error="insufficient_scope", scope="mail.send"'};
	const {engine, app, shows, approve} = await setting(() =>
		isAllowed ? new Response('sent') : new Response('', {status: 403, headers}),
	);
	await approve();
	const sending = engine.fetch('https://api.example/mail', {method: 'POST', body: 'Hi'});
	await shows(/api\.example needs more permissions/);
	isAllowed = true;
	await approve();
	assert.equal(await (await sending).text(), 'sent');
	app.unmount();
});
