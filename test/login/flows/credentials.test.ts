import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {inspect} from 'node:util';
import {auth0} from '../../../source/oauth/presets/auth0.js';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {TokenEngine} from '../../../source/token-engine.js';
import type {EventOf, LoginEvent} from '../../../source/login/events.js';
import type {LoginRun} from '../../../source/login/flow.js';
import type {Provider} from '../../../source/oauth/provider.js';
import {createManualClock} from '../../../source/testing/index.js';
import {auth0Refusals, mfaToken, startCredentialsServer} from '../../support/dialects/auth0-credentials.js';

type Typed = EventOf<'question'>['asks'];

const eventsOf = async (run: LoginRun): Promise<LoginEvent[]> => {
	const all: LoginEvent[] = [];
	for await (const event of run) all.push(event);
	return all;
};

const prepare = async (t: TestContext, settings: Partial<Provider>) => {
	const auth0 = await startCredentialsServer(t);
	const {server, codeEndpoint} = auth0;
	const clock = createManualClock({now: Date.now()});
	const engine = new TokenEngine({
		provider: {...server.provider, endpoints: {oneTimeCode: codeEndpoint}, ...settings},
		store: createMemoryStore(),
		clock,
	});
	/** Signs in; `person` types what is asked for, or does something else, and has nothing more to say after that. */
	const signIn = async (
		flow: 'password' | 'one-time-code',
		person: (asks: Typed, count: number, run: LoginRun) => string | undefined,
	) => {
		const run = engine.login({flow});
		const counts = new Map<Typed, number>();
		let seen: unknown;
		run.subscribe(() => {
			const question = run.state.flows[flow]?.question;
			if (question === undefined || question === seen) return;
			seen = question;
			const count = (counts.get(question.asks) ?? 0) + 1;
			counts.set(question.asks, count);
			const text = person(question.asks, count, run);
			if (text !== undefined) run.command({type: 'enter', flow, text});
		});
		const events = await eventsOf(run);
		const session = await run.session.catch((error: unknown) => error as Error & {code: string; hint: string});
		return {events, session, run};
	};

	return {...auth0, clock, engine, signIn};
};

const typesOf = (events: readonly LoginEvent[]) =>
	events.map(event => (event.type === 'question' ? `asks ${event.asks}` : event.type));

for (const [kind, realm, password] of [
	['database connection', 'Username-Password-Authentication', 'canary-database-password'],
	['AD', 'corp-ad', 'canary-directory-password'],
] as const) {
	test(`${kind}: user name and password are asked for one after the other and go to the realm`, async t => {
		const {server, signIn} = await prepare(t, {allowPassword: true, realm});
		const {events, session} = await signIn('password', asks => (asks === 'username' ? ' ada ' : password));
		assert.deepEqual(typesOf(events), [
			'discovery',
			'flow-opened',
			'asks username',
			'asks password',
			'exchange',
			'signed-in',
		]);
		const {parameters} = server.requestsTo('token')[0]!;
		assert.deepEqual(
			['grant_type', 'realm', 'username', 'password'].map(name => parameters.get(name)),
			['http://auth0.com/oauth/grant-type/password-realm', realm, 'ada', password],
		);
		assert.ok('flow' in session && session.flow === 'password');
		assert.ok(!inspect(events, {depth: null}).includes(password));
	});
}

test('without a realm the plain password grant of RFC 6749 §4.3 is sent, with the login hint as the user name', async t => {
	const {server, signIn} = await prepare(t, {allowPassword: true, loginHint: 'ada'});
	const {events} = await signIn('password', () => 'analytical engine');
	assert.ok(!typesOf(events).includes('asks username'));
	const {parameters} = server.requestsTo('token')[0]!;
	assert.deepEqual([parameters.get('grant_type'), parameters.has('realm')], ['password', false]);
});

test('database connection: a wrong password is asked for again, and the third one ends the flow', async t => {
	const {server, signIn} = await prepare(t, {allowPassword: true, realm: 'Username-Password-Authentication'});
	const {events, session} = await signIn('password', asks => (asks === 'username' ? 'ada' : 'canary-wrong'));
	assert.equal(server.requestsTo('token').length, 3);
	const reasons = events.flatMap(event => (event.type === 'question' && event.reason ? [event.reason] : []));
	assert.deepEqual(
		reasons,
		Array.from({length: 2}, () => "The server doesn't accept this user name and password."),
	);
	assert.deepEqual(
		{code: 'code' in session && session.code, hint: 'hint' in session && session.hint},
		{code: 'invalid_grant', hint: 'Check both and try again, or use another flow.'},
	);
	assert.ok(!inspect([events, session], {depth: null}).includes('canary-wrong'));
});

for (const [what, refusal, code, said] of [
	['a second factor', auth0Refusals.secondFactor, 'interaction_required', /second factor.*browser instead/],
	['a blocked user', auth0Refusals.blockedUser, 'server_rejected', /account is blocked.*administrator/],
	['too many tries', auth0Refusals.tooManyAttempts, 'server_rejected', /too many tries.*unblock/],
	['a rate limit', auth0Refusals.rateLimit, 'server_unavailable', /too many requests.*in 40 seconds/],
] as const) {
	test(`database connection: ${what} is one clear sentence with what to do`, async t => {
		const {server, signIn} = await prepare(t, {allowPassword: true, realm: 'Username-Password-Authentication'});
		server.answer('token', refusal);
		const {events, session} = await signIn('password', asks => (asks === 'username' ? 'ada' : 'canary'));
		assert.ok('code' in session);
		assert.equal(session.code, code);
		assert.match(`${session.message} ${session.hint}`, said);
		assert.ok(!inspect([events, session], {depth: null}).includes(mfaToken));
	});
}

for (const [kind, typed, sent, masked] of [
	[
		'e-mail passwordless',
		' alice.canary@example.test',
		{connection: 'email', email: 'alice.canary@example.test'},
		{channel: 'email', to: 'a***@example.test'},
	],
	[
		'SMS passwordless',
		'+49 170 123-4567',
		{connection: 'sms', phone_number: '+491701234567'},
		{channel: 'sms', to: '+49***67'},
	],
] as const) {
	test(`${kind}: a code is sent, typed and traded for tokens; nobody else learns the recipient or the code`, async t => {
		const {server, asked, code, signIn} = await prepare(t, {allowOneTimeCode: true});
		const {events} = await signIn('one-time-code', asks =>
			asks === 'recipient' ? typed : `${code().slice(0, 3)} ${code().slice(3)}`,
		);
		assert.deepEqual(asked, [{client_id: 'test-client', send: 'code', ...sent}]);
		assert.deepEqual(typesOf(events), [
			'discovery',
			'flow-opened',
			'asks recipient',
			'code-sent',
			'asks code',
			'exchange',
			'signed-in',
		]);
		assert.deepEqual(
			events.find(({type}) => type === 'code-sent'),
			{type: 'code-sent', ...masked},
		);
		const {parameters} = server.requestsTo('token')[0]!;
		const {connection, ...address} = sent;
		assert.deepEqual(
			['grant_type', 'realm', 'username', 'otp'].map(name => parameters.get(name)),
			['http://auth0.com/oauth/grant-type/passwordless/otp', connection, Object.values(address)[0], code()],
		);
		const told = inspect(events, {depth: null});
		for (const secret of [code(), 'canary', '1234567']) assert.ok(!told.includes(secret), told);
	});
}

test('e-mail passwordless: the login hint is the recipient, and three wrong codes end the flow', async t => {
	const {asked, server, signIn} = await prepare(t, {allowOneTimeCode: true, loginHint: 'alice@example.test'});
	const {events, session} = await signIn('one-time-code', () => '000000');
	assert.equal(asked.length, 1);
	assert.equal(server.requestsTo('token').length, 3);
	assert.deepEqual(
		events.flatMap(event => (event.type === 'code-rejected' ? [event.reason] : [])),
		['That code is wrong. 2 tries left.', 'That code is wrong. One try left.'],
	);
	assert.ok('code' in session);
	assert.deepEqual([session.code, session.message], ['invalid_grant', 'You typed too many wrong codes.']);
});

test('e-mail passwordless: an expired code is called that, and a new one has all its tries', async t => {
	const {asked, code, expire, signIn} = await prepare(t, {allowOneTimeCode: true, loginHint: 'alice@example.test'});
	const {events, session} = await signIn('one-time-code', (_asks, count, run) => {
		if (count === 1) {
			expire();
			return code();
		}

		if (count === 2) run.command({type: 'renew-code', flow: 'one-time-code'});
		return count === 2 ? undefined : code();
	});
	assert.ok('flow' in session);
	assert.equal(asked.length, 2);
	assert.deepEqual(
		events.find(({type}) => type === 'code-rejected'),
		{type: 'code-rejected', reason: 'That code has expired. Ask for a new code.'},
	);
});

test('SMS passwordless: a new code waits as long as the server says, and is not asked for before', async t => {
	const {asked, refusals, clock, code, signIn} = await prepare(t, {allowOneTimeCode: true, loginHint: '+491701234567'});
	const reasons: (string | undefined)[] = [];
	const renew = (run: LoginRun) => run.command({type: 'renew-code', flow: 'one-time-code'});
	const {session} = await signIn('one-time-code', (_asks, count, run) => {
		reasons.push(run.state.flows['one-time-code']?.question?.reason);
		if (count === 1) {
			refusals.push(auth0Refusals.rateLimit);
			renew(run);
		}

		if (count === 2) void clock.advance(10_000).then(() => renew(run));
		if (count === 3) void clock.advance(30_000).then(() => renew(run));
		return count === 4 ? code() : undefined;
	});
	assert.ok('flow' in session, inspect(session));
	assert.deepEqual(reasons, [
		undefined,
		'The server is getting too many requests. Try again in 40 seconds.',
		'The server is getting too many requests. Try again in 30 seconds.',
		undefined,
	]);
	// The first one, the one that was refused, and the one after the wait.
	assert.equal(asked.length, 3);
});

test('SMS passwordless: a wrong number is asked for again, and the server may not repeat it', async t => {
	const {refusals, code, signIn} = await prepare(t, {allowOneTimeCode: true});
	refusals.push(auth0Refusals.wrongNumber);
	const {events, session} = await signIn('one-time-code', (asks, count) => {
		if (asks === 'code') return code();
		return ['hello', '+49170000000', '+491701234567'][count - 1];
	});
	assert.ok('flow' in session, inspect(session));
	assert.deepEqual(
		events.flatMap(event => (event.type === 'question' && event.reason ? [event.reason] : [])),
		[
			"That's neither an email address nor a phone number with its country code.",
			"The server can't send a code to +49***00 (sms_provider_error).",
		],
	);
	assert.ok(!inspect(events, {depth: null}).includes('+49170000000'));
});

test('SMS passwordless: a number that comes from the application is not asked for again', async t => {
	const {refusals, signIn} = await prepare(t, {allowOneTimeCode: true, loginHint: '+49170000000'});
	refusals.push(auth0Refusals.wrongNumber);
	const {session} = await signIn('one-time-code', () => undefined);
	assert.ok('code' in session);
	assert.equal(session.code, 'server_rejected');
	assert.match(session.hint, /spelled correctly/);
});

test('e-mail passwordless: a rate limit while the code is traded leaves the code to be sent again', async t => {
	const {server, code, signIn} = await prepare(t, {allowOneTimeCode: true, loginHint: 'alice@example.test'});
	server.answer('token', {...auth0Refusals.rateLimit});
	const {events, session} = await signIn('one-time-code', () => code());
	assert.ok('flow' in session, inspect(session));
	assert.ok(events.some(event => event.type === 'question' && event.reason?.includes('in 40 seconds')));
});

test('RFC 8252 §8.12: neither flow is possible unless the application names it, and none is recommended before others', async t => {
	const {engine, asked, server} = await prepare(t, {});
	for (const flow of ['password', 'one-time-code'] as const) {
		await assert.rejects(engine.login({flow}).session, {code: 'unsupported_grant'});
	}

	assert.deepEqual([asked.length, server.requestsTo('token').length], [0, 0]);
});

test('the Auth0 preset knows where its codes come from', () => {
	const provider = auth0({domain: 'acme.eu.auth0.com', clientId: 'cli'});
	assert.equal(provider.endpoints?.oneTimeCode, 'https://acme.eu.auth0.com/passwordless/start');
	assert.deepEqual([provider.allowPassword, provider.allowOneTimeCode], [undefined, undefined]);
});
