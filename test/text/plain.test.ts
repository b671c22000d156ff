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

test('a code is shown as plain lines with the verbs of the screens, and the end says who signed in and what is next', () => {
	const {say} = listen({next: 'acme deploy --now'});
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
		`Sign in to Acme · auth.acme.dev
Open     https://acme.dev/device?user_code=WDJB-MJHT
Check    WDJB-MJHT is shown there
Approve  only if you started this
Waiting for approval, 15 minutes left
Signed in to Acme as Alice Demo · alice@example.test
Next     acme deploy --now
`,
	);
});

test('without a link that has the code in it, the code is to be typed', () => {
	const {verificationUriComplete: _, ...code} = samples['device-code'];
	assert.match(listen().say(code), /^Open {5}https:\/\/acme\.dev\/device\nType {5}WDJB-MJHT\nApprove /);
});

test('demand 54: a screen reader gets the code whole and spelled, in sentences, and the short link', () => {
	const {say} = listen({spelled: true, next: 'acme deploy'});
	assert.equal(
		say(samples.discovery, samples['device-code'], samples.backoff, samples['signed-in']),
		`Sign in to Acme, auth.acme.dev.
Open https://acme.dev/device
Type the code WDJB-MJHT. Spelled: W, D, J, B, dash, M, J, H, T.
Approve only if you started this.
Waiting for approval, 15 minutes left.
No response from auth.acme.dev, trying again in 40 s.
Signed in to Acme as Alice Demo, alice@example.test.
Next acme deploy
`,
	);
});

test('the browser flow says that a browser opens, then the short link, and what to do where a page fails', () => {
	const {say} = listen({readsPastes: () => true});
	assert.equal(
		say(samples['authorization-url'], {type: 'browser', status: 'opening'}, {type: 'browser', status: 'opened'}),
		`Opening your browser. If nothing opens:
Open     http://127.0.0.1:53114/k7q2mfxt9ahr3
Error page? Paste its link here
Waiting for your browser, 10 minutes left
`,
	);
	assert.equal(say(samples.browser), 'xdg-open was not found.\n');
});

test('where no browser is opened, the reason comes before the link', () => {
	const {say} = listen();
	const skipped = {type: 'browser', status: 'skipped', detail: 'No browser was opened.'} as const;
	assert.equal(
		say(samples['authorization-url'], skipped),
		`No browser was opened.
On this computer:
Open     http://127.0.0.1:53114/k7q2mfxt9ahr3
Waiting for your browser, 10 minutes left
`,
	);
});

test('for a browser elsewhere none is promised, and without a forwarded port the whole link is shown', () => {
	const {say} = listen({browser: 'elsewhere'});
	const opening = {type: 'browser', status: 'opening'} as const;
	const skipped = {
		type: 'browser',
		status: 'skipped',
		detail: "You're in a container, so no browser opens here.",
	} as const;
	const address = samples['authorization-url'];
	assert.equal(
		say(address, opening, skipped),
		`You're in a container, so no browser opens here.
Open     ${address.url}
Waiting for your browser, 10 minutes left
`,
	);
});

test('a link is shown even where nothing is heard of a browser', () => {
	const {say} = listen();
	assert.match(say(samples['authorization-url'], samples['callback-ignored']), /^On this computer:\nOpen .*\nWaiting/);
});

test('no paste is asked for where none would be read', () => {
	const elsewhere = {...samples['authorization-url'], redirectUri: 'https://acme.dev/done'};
	const opening = {type: 'browser', status: 'opening'} as const;
	for (const address of [samples['authorization-url'], elsewhere]) {
		assert.doesNotMatch(listen().say(address, opening), /paste/i);
	}

	const {say} = listen({readsPastes: () => true});
	assert.match(say(elsewhere, opening), /\nAt the end, paste the last page's link here\n/);
});

test('demand 17: over SSH the command for the other computer comes before the link, and no browser is promised', () => {
	const {say} = listen({forward: port => `ssh -N -L ${port}:127.0.0.1:53114 me@there`});
	const shown = say(samples['authorization-url'], {type: 'browser', status: 'opening'});
	assert.deepEqual(shown.split('\n').slice(0, 3), [
		'On your own computer:',
		'Run      ssh -N -L 53114:127.0.0.1:53114 me@there',
		'Open     http://127.0.0.1:53114/k7q2mfxt9ahr3',
	]);
	assert.doesNotMatch(shown, /Opening/);
});

test('a screen reader never reads out a long link: it is copied, and read only where that fails', async () => {
	const url = safeUrl(`https://auth.acme.dev/authorize?state=${'s'.repeat(300)}`, 'test');
	const address = {...samples['authorization-url'], url, shortUrl: url, redirectUri: 'https://acme.dev/done'};
	const copied: string[] = [];
	for (const status of ['copied', 'sent', 'unavailable'] as const) {
		const {say, heard} = listen({
			spelled: true,
			async copy(text) {
				copied.push(text);
				return {status};
			},
		});
		assert.doesNotMatch(say(address, {type: 'browser', status: 'opening'}), /authorize/);
		await Promise.resolve();
		assert.equal(
			heard(),
			status === 'unavailable' ? `Open ${url}\n` : "The link was copied. Paste it into your browser's address bar.\n",
		);
	}

	assert.deepEqual(copied, [url, url, url]);
	const short = listen({spelled: true, copy: async () => assert.fail('A short link is read.')});
	assert.match(short.say(samples['authorization-url'], samples.browser), /\nOpen http:\/\/127\.0\.0\.1:53114\/\w+\n/);
});

test('lines are wrapped between words, but a URL, a code and a command stay whole', () => {
	const command = 'ssh -N -L 53114:127.0.0.1:53114 me@there';
	const {say} = listen({columns: () => 24, forward: () => command, readsPastes: () => true});
	const code = {...samples['device-code'], userCode: displayText('WDJB MJHT KLMN PQRS')};
	assert.equal(
		say(samples.discovery, code, samples['authorization-url'], {type: 'browser', status: 'opening'}),
		`Sign in to Acme ·
auth.acme.dev
Open     https://acme.dev/device?user_code=WDJB-MJHT
Check    WDJB MJHT KLMN PQRS
         is shown there
Approve  only if you
         started this
Waiting for approval, 15
minutes left
On your own computer:
Run      ${command}
Open     http://127.0.0.1:53114/k7q2mfxt9ahr3
Error page? Paste its
link here
Waiting for your
browser, 10 minutes left
`,
	);
});

test('a terminal that claims no width wraps nothing', () => {
	for (const columns of [() => 0, () => undefined]) {
		assert.match(listen({columns}).say(samples.discovery), /^Sign in to Acme · auth\.acme\.dev\n$/);
	}
});

test('where there is nothing more than ASCII, the words of the lines are ASCII', () => {
	const {say} = listen({unicode: false, readsPastes: () => true});
	const shown = say(...Object.values(samples));
	assert.match(
		shown,
		/^Sign in to Acme - auth\.acme\.dev\n[^]*\nSigned in to Acme as Alice Demo - alice@example\.test\n/,
	);
	assert.match(shown, /^[\n -~]+$/);
});

test('demand 27: two minutes before the end of the browser flow there is a word about what may be wrong, once', async () => {
	const {clock, say, heard} = listen();
	say(samples['authorization-url'], {type: 'browser', status: 'opening'});
	await clock.advance(samples['authorization-url'].expiresAt - start - minutes(2));
	assert.match(heard(), /2 minutes left\nNothing has come back yet\. [^\n]* http:\/\/127\.0\.0\.1:53114\/callback\n$/);
	await clock.advance(minutes(2));
	assert.doesNotMatch(heard(), /Nothing has come back/);
});

test('demand 33: the second slow_down in a row brings a word about the clock, and a pending answer in between none', () => {
	const {say} = listen();
	const {'slow-down': slowDown, poll} = samples;
	assert.equal(say(slowDown, poll), 'The server asked for fewer checks, now every 10 s\n');
	assert.doesNotMatch(say({...slowDown, interval: 15}), /clock/);
	assert.match(say({...slowDown, interval: 20}), /^[^\n]*\nThis computer's clock may be fast[^\n]*\n$/);
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
		/\nevil\.example isn't auth\.acme\.dev, open it only if you trust it\n/,
	);
	assert.doesNotMatch(say({...foreign, renewal: 1}), /evil\.example isn't/);
	assert.doesNotMatch(listen().say(samples.discovery, samples['device-code']), / isn't /);
});

test('a resource whose sign-in page is on a host of its own names that one', () => {
	const resource = {url: 'https://mcp.example.com/mcp', onForeignHost: true, page: displayText('pages.example')};
	assert.match(listen().say({...samples.discovery, resource}), /has you sign in at pages\.example\n/);
});

test('demand 35: after a minute of waiting it is said that some organisations refuse codes, where there is a browser flow', () => {
	const late = {...samples.poll, attempt: 12, interval: 5};
	assert.match(
		listen().say(samples.discovery, late),
		/Some organizations block codes\. If yours does, only the page in your browser says so\n$/,
	);
	const only = {...samples.discovery, flows: {...samples.discovery.flows, browser: 'no sign-in page'}};
	assert.doesNotMatch(listen().say(only, late), /organizations/);
});

test('a word is said at five, two and one minutes, once each', async () => {
	const {clock, say, heard} = listen();
	assert.match(say(samples['device-code']), /15 minutes left\n$/);
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

test('a wait of five minutes is not announced with five twice', async () => {
	for (const late of [-20, 0, 20]) {
		const {clock, say, heard} = listen();
		const shown = say({...samples['device-code'], expiresAt: start + minutes(5) + late});
		assert.match(shown, /Waiting for approval, 5 minutes left\n$/);
		await clock.advance(minutes(2));
		assert.equal(heard(), '');
	}
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

test('demand 34: a new code says which one it replaces, and its warning is not repeated', () => {
	const {say} = listen();
	say(samples['device-code']);
	const renewed = {...samples['device-code'], userCode: displayText('AAAA-BBBB'), renewal: 1};
	assert.equal(
		say(renewed),
		`WDJB-MJHT expired, here's a new code
Open     https://acme.dev/device?user_code=WDJB-MJHT
Check    AAAA-BBBB is shown there
Waiting for approval, 15 minutes left
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
	assert.equal(say(samples['paste-rejected'], samples['paste-rejected']), 'it has no code\nit has no code\n');
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
	assert.match(shown, /\nLasts until \d{4}-\d\d-\d\d 17:50, then sign in again\nNot saved\n$/);
});

test('a login that waited for another one says that it was the other one that ended', () => {
	const message = 'The sign-in in another terminal was cancelled.';
	const shown = listen().say({type: 'failed', code: 'cancelled', message, hint: 'Start again here.'});
	assert.equal(shown, `${message}\nStart again here.\n`);
});

test('where the session is saved is said only where it is not the keyring', () => {
	const saved = (store: 'keyring' | 'file' | 'memory') =>
		listen().say({...samples['signed-in'], store, profile: 'work'});
	assert.match(saved('keyring'), /^Signed in [^\n]*\n$/);
	assert.match(saved('file'), /^Signed in [^\n]*\nSaved in a private file as "work"\n$/);
	assert.match(saved('memory'), /^Signed in [^\n]*\nNot saved\n$/);
	const {expiresAt: _, ...endless} = samples['signed-in'];
	assert.match(listen().say({...endless, refreshable: false}), /^Signed in [^\n]*\n$/);
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
	assert.equal(lines[0], 'Sign in to Acme · auth.acme.dev\n');
	assert.deepEqual(lines.slice(-2), ['5 minutes left\n', 'Signed in to Acme as Alice Demo · alice@example.test\n']);
	assert.equal(clock.sleepers, 0);
});
