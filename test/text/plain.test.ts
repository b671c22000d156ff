import assert from 'node:assert/strict';
import test from 'node:test';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import {createPlainReporter, showPlain, type PlainOptions} from '../../source/text/plain.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {createManualClock, playRecording} from '../../source/testing/index.js';
import {minutes, samples, start} from './sample-events.js';

process.env['TZ'] = 'UTC';

const listen = (options: Partial<PlainOptions> = {}) => {
	const clock = createManualClock({now: start});
	const lines: string[] = [];
	const reporter = createPlainReporter({write: line => void lines.push(line), clock, ...options});
	return {
		clock,
		reporter,
		say: (...events: LoginEvent[]) => {
			for (const event of events) reporter.event(event);
			return lines.splice(0).join('');
		},
		heard: () => lines.splice(0).join(''),
	};
};

test('a code is shown as plain lines in full, and the end says who signed in and what is kept', () => {
	const {say} = listen();
	const shown = say(
		samples.discovery,
		samples['flow-opened'],
		samples['device-code'],
		samples.poll,
		samples.poll,
		samples['signed-in'],
	);
	assert.equal(
		shown,
		`Signing in to Acme (auth.acme.dev)
Open   https://acme.dev/device
Enter  WDJB-MJHT   within 15 minutes, until 17:05
or     https://acme.dev/device?user_code=WDJB-MJHT   (code filled in: compare it)
Approve. Decline what you did not start; never enter a code that someone sent you.
Signed in as "Alice Demo" (alice@example.test)
Stays signed in. Kept in the system keyring as "default".
`,
	);
});

test('demand 54: someone who listens gets the code whole and spelled, in sentences', () => {
	const {say} = listen({spelled: true});
	assert.equal(
		say(samples.discovery, samples['device-code']),
		`Signing in to Acme (auth.acme.dev)
Open https://acme.dev/device
Enter code WDJB-MJHT. Spelled: W, D, J, B, dash, M, J, H, T.
The code works until 17:05.
or https://acme.dev/device?user_code=WDJB-MJHT (code filled in: compare it)
Approve. Decline what you did not start; never enter a code that someone sent you.
`,
	);
});

test('the browser flow writes the short link and the real one, and what to do where a page fails', () => {
	const {say} = listen();
	assert.equal(
		say(samples['authorization-url'], {type: 'browser', status: 'opening'}, {type: 'browser', status: 'opened'}),
		`Open   http://127.0.0.1:53114/k7q2mfxt9ahr3   (works on this computer only)
or     https://auth.acme.dev/authorize?state=s1
This program notices when you are done.
Ends on a page that fails? copy that page's address and paste it here
Opening your browser
`,
	);
	assert.equal(say(samples.browser), 'xdg-open was not found.\n');
});

test('demand 17: over SSH the line for the other computer comes before the address', () => {
	const {say} = listen({forward: port => `ssh -N -L ${port}:127.0.0.1:53114 me@there`});
	assert.deepEqual(say(samples['authorization-url']).split('\n').slice(0, 3), [
		'Browser on another computer? Type this there first:',
		'ssh -N -L 53114:127.0.0.1:53114 me@there',
		'Open   http://127.0.0.1:53114/k7q2mfxt9ahr3',
	]);
});

test('demand 27: two minutes before the end of the browser flow there is a word about what may be wrong, once', async () => {
	const {clock, say, heard} = listen();
	say(samples['authorization-url']);
	await clock.advance(samples['authorization-url'].expiresAt - start - minutes(2));
	assert.match(heard(), /2 minutes left\nNothing has come back yet\. [^\n]*https[^\n]*another computer\.\n$/);
	await clock.advance(minutes(2));
	assert.doesNotMatch(heard(), /Nothing has come back/);
});

test('demand 33: the second slow_down in a row brings a word about the clock, and a pending answer in between none', () => {
	const {say} = listen();
	const {'slow-down': slowDown, poll} = samples;
	assert.doesNotMatch(say(slowDown, poll, {...slowDown, interval: 15}), /clock/);
	assert.match(
		say({...slowDown, interval: 20}),
		/^[^\n]*\nTwice in a row: the clock of this computer may run fast[^\n]*\n$/,
	);
	assert.doesNotMatch(say({...slowDown, interval: 25}), /clock/);
});

test('demand 38: an address on another host than the issuer is marked, once', () => {
	const {say} = listen();
	const foreign = {
		...samples['device-code'],
		verificationUri: safeUrl('https://evil.example/device', 'test'),
		onForeignHost: true,
	} as const;
	assert.match(
		say(samples.discovery, foreign),
		/\nevil\.example is not auth\.acme\.dev: go there only if you know it\.\n/,
	);
	assert.doesNotMatch(say({...foreign, renewal: 1}), /evil\.example is not/);
	assert.doesNotMatch(listen().say(samples.discovery, samples['device-code']), / is not /);
});

test('demand 35: after a minute of waiting it is said that some organisations refuse codes, where there is a browser flow', () => {
	const late = {...samples.poll, attempt: 12, interval: 5};
	assert.match(
		listen().say(samples.discovery, late),
		/Some organisations refuse codes, and say so only in the browser\.\n$/,
	);
	const only = {...samples.discovery, flows: {...samples.discovery.flows, browser: 'no sign-in page'}};
	assert.doesNotMatch(listen().say(only, late), /organisations/);
});

test('a word is said at five, two and one minutes, once each', async () => {
	const {clock, say, heard} = listen();
	say(samples['device-code']);
	await clock.advance(minutes(10) - 1);
	assert.equal(heard(), '');
	await clock.advance(1);
	assert.equal(heard(), '5 minutes left\n');
	await clock.advance(minutes(3));
	assert.equal(heard(), '2 minutes left\n');
	await clock.advance(minutes(10));
	assert.equal(heard(), '1 minute left\n');
});

test('a code of three minutes is not announced with five', async () => {
	const {clock, say, heard} = listen();
	say({...samples['device-code'], expiresAt: start + minutes(3)});
	await clock.advance(minutes(3));
	assert.equal(heard(), '2 minutes left\n1 minute left\n');
});

test('after a suspension only what is still true is said', async () => {
	const {clock, say, heard} = listen();
	say(samples['device-code']);
	await clock.suspend(minutes(13.5), {monotonic: 'continues'});
	assert.equal(heard(), '');
	await clock.advance(minutes(1.5));
	assert.equal(heard(), '1 minute left\n');
});

test('a closed flow and an ended login count down no longer', async () => {
	for (const end of [samples['flow-closed'], samples.failed, samples['signed-in']]) {
		const {clock, say, heard} = listen();
		say(samples['device-code'], end);
		assert.equal(clock.sleepers, 0);
		await clock.advance(minutes(15));
		assert.equal(heard(), '');
	}
});

test('demand 34: a new code says that the former one is over, and its warning is not repeated', () => {
	const {say} = listen();
	say(samples['device-code']);
	const renewed = {...samples['device-code'], userCode: displayText('AAAA-BBBB'), renewal: 1};
	assert.equal(
		say(renewed),
		`The code has expired. Here is a new one.
Open   https://acme.dev/device
Enter  AAAA-BBBB   within 15 minutes, until 17:05
or     https://acme.dev/device?user_code=WDJB-MJHT   (code filled in: compare it)
`,
	);
});

test('why someone is to sign in again is said', () => {
	const {say} = listen();
	assert.equal(say(samples['step-up']), 'api.acme.dev needs more permissions: mail.send.\n');
});

test('what happens again is said once', () => {
	for (const type of ['callback-ignored', 'backoff', 'waiting', 'exchange'] as const) {
		const {say} = listen();
		assert.match(say(samples[type]), /^.+\n$/, type);
		assert.equal(say(samples[type], samples[type]), '', type);
	}
});

test('each paste that cannot be used is answered', () => {
	const {say} = listen();
	assert.equal(
		say(samples['paste-rejected'], samples['paste-rejected']),
		'That could not be used: it has no code\nThat could not be used: it has no code\n',
	);
});

test('a failure is one sentence and the next step, and is not said twice when it closed the last flow', () => {
	const {say} = listen();
	assert.equal(say(samples['flow-closed']), 'Alice said no.\n');
	assert.equal(
		say({type: 'failed', code: 'access_denied', message: 'Alice said no.', hint: 'Ask Alice.'}),
		'Ask Alice.\n',
	);
	assert.equal(listen().say(samples.failed), 'The code expired.\nStart the login again.\n');
});

test('a session that cannot renew itself says until when it lasts', () => {
	const shown = listen().say({...samples['signed-in'], refreshable: false, store: 'memory'});
	assert.match(shown, /\nUntil 17:50\. Kept until this program ends\.\n$/);
});

test('a login that waited for another one says that it was the other one that ended', () => {
	const message = 'The sign-in in another window ended without a session.';
	const shown = listen().say({type: 'failed', code: 'cancelled', message, hint: 'Start it again here.'});
	assert.equal(shown, `${message}\nStart it again here.\n`);
});

test('a session that renews itself and is kept in memory lasts as long as the program: no more is promised', () => {
	const shown = listen().say({...samples['signed-in'], refreshable: true, store: 'memory'});
	assert.match(shown, /^Signed in [^\n]*\nKept until this program ends\.\n$/);
	const {expiresAt: _, ...endless} = samples['signed-in'];
	assert.match(listen().say({...endless, refreshable: false}), /^Signed in [^\n]*\nKept in [^\n]+\.\n$/);
});

test('S38: nothing that a terminal acts on gets into a line', () => {
	const hostile = 'x\u001B[2J\u001B]0;evil\u0007\u009B31m\r\nSigned in as root\u202Ey';
	const {say} = listen();
	const shown = say(
		{...samples.discovery, application: hostile as never},
		{...samples['device-code'], userCode: hostile as never},
		{...samples.browser, detail: hostile},
		{...samples.backoff, reason: hostile},
		{...samples['paste-rejected'], reason: hostile},
		{type: 'failed', code: 'server_rejected', message: hostile, hint: hostile},
	);
	// eslint-disable-next-line no-control-regex -- they are what must not be there
	assert.doesNotMatch(shown, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
	assert.doesNotMatch(shown, /^Signed in as root/m);
});

test('it follows a login to its end, from its first event', async () => {
	const clock = createManualClock({now: start});
	const run = playRecording(
		{
			version: 1,
			events: [
				{at: start, event: samples.discovery},
				{at: start, event: samples['device-code']},
				{at: start + minutes(11), event: samples['signed-in']},
			],
		},
		clock,
	);
	const lines: string[] = [];
	const shown = showPlain(run, {write: line => void lines.push(line)});
	await clock.advance(minutes(11));
	await shown;
	assert.equal(lines[0], 'Signing in to Acme (auth.acme.dev)\n');
	assert.deepEqual(lines.slice(-3), [
		'5 minutes left\n',
		'Signed in as "Alice Demo" (alice@example.test)\n',
		'Stays signed in. Kept in the system keyring as "default".\n',
	]);
	assert.equal(clock.sleepers, 0);
});
