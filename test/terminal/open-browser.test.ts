import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {after, test} from 'node:test';
import {safeUrl, type SafeUrl} from '../../source/core/safe-url.js';
import {createBrowserOpener} from '../../source/terminal/browser.js';
import {desktopEnvironment, environmentOf, sshEnvironment} from '../support/environment.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'opener '));
after(() => rmSync(folder, {recursive: true}));
const never = new AbortController().signal;
const address = safeUrl('https://auth.test/device?user_code=WDJB-MJHT&a=b', 'It');

/** A program that notes its arguments, one a line, and then does as it is told. */
const fakeProgram = (name: string, then = 'exit 0') => {
	const program = path.join(folder, name);
	const log = `${program}.log`;
	writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${log}.part'; mv '${log}.part' '${log}'\n${then}\n`);
	chmodSync(program, 0o755);
	return {program, log};
};

/** The arguments that a fake program was given, once it has noted them. */
const argumentsOf = async (log: string): Promise<string[]> => {
	await new Promise<void>(resolve => {
		const watcher = watch(folder, () => {
			if (existsSync(log)) finish();
		});
		const finish = () => {
			watcher.close();
			resolve();
		};
		if (existsSync(log)) finish();
	});
	return readFileSync(log, 'utf8').trimEnd().split('\n');
};

/** Milliseconds; programs that end at once, be it on a busy machine. */
const patience = 60_000;

const withBrowser = (browser: string, env: Record<string, string> = desktopEnvironment) =>
	createBrowserOpener(environmentOf({env: {...env, BROWSER: browser, PATH: process.env['PATH']!}}), {patience});

test('demand 11: BROWSER opens the address, which is one argument', async () => {
	const {program, log} = fakeProgram('browser');
	assert.deepEqual(await withBrowser(`"${program}"`)(address, never), {status: 'opened'});
	assert.deepEqual(await argumentsOf(log), [address]);
});

test('demand 11: BROWSER may hold options, the place of the address, and several programs', async () => {
	const {program, log} = fakeProgram('second');
	const open = withBrowser(`/missing/browser:"${program}" --new-window '--profile=my work' %s --last`);
	assert.deepEqual(await open(address, never), {status: 'opened'});
	assert.deepEqual(await argumentsOf(log), ['--new-window', '--profile=my work', address, '--last']);
});

test('demand 12: BROWSER=echo is fine, and honoured over SSH too', async () => {
	assert.deepEqual(await withBrowser('echo')(address, never), {status: 'opened'});
	assert.deepEqual(await withBrowser('echo', sshEnvironment)(address, never), {status: 'opened'});
});

const hostile = ['$(calc)', '&calc', '%PATH%', '";calc;"', '`calc`', "';calc;'", '$&', '|calc', '%s'];

for (const text of hostile) {
	test(`S5, demand 9: ${text} in an address reaches the program in one harmless piece, and nothing else runs`, async () => {
		const url = safeUrl(`https://auth.test/?a=${text}`, 'It');
		const {program, log} = fakeProgram(`hostile-${hostile.indexOf(text)}`);
		// As it would come from a caller without types.
		const raw = `https://auth.test/?a=${text}` as SafeUrl;
		assert.deepEqual(await withBrowser(`'${program}' %s`)(raw, never), {status: 'opened'});
		assert.deepEqual(await argumentsOf(log), [url]);
	});
}

test('a BROWSER that goes through a shell runs no command that a server named', async () => {
	const witness = path.join(folder, 'marker');
	const {program} = fakeProgram('marker-program', `touch '${witness}'`);
	const url = `https://auth.test${program}&${path.basename(program)}&b?x&${path.basename(program)}&y=2` as SafeUrl;
	const open = createBrowserOpener(
		environmentOf({
			env: {...desktopEnvironment, BROWSER: "sh -c 'echo %s; wait'", PATH: `${folder}:${process.env['PATH']!}`},
		}),
		{patience},
	);
	assert.deepEqual(await open(url, never), {status: 'opened'});
	assert.equal(existsSync(witness), false);
});

test('cmd.exe, which would take what stands behind an & for a command, is given no link with one', async () => {
	for (const browser of [
		'cmd.exe /c start',
		'"/mnt/c/Windows/System32/CMD.EXE" /c start',
		"env 'C\\\\Windows\\\\cmd' %s",
	]) {
		const {status, detail} = (await withBrowser(browser)(address, never)) as {status: string; detail?: string};
		assert.equal(status, 'failed');
		assert.match(detail!, /cuts the link short/);
	}

	// A short link has none.
	const {detail} = (await withBrowser('/missing/cmd.exe /c start')(
		safeUrl('http://127.0.0.1:4000/k7q2', 'It'),
		never,
	)) as {
		detail?: string;
	};
	assert.match(detail!, /cmd\.exe was not found/);
});

test('S6: BROWSER never goes through a shell', async () => {
	const {program, log} = fakeProgram('plain');
	const witness = path.join(folder, 'witness');
	await withBrowser(`"${program}" $(touch "${witness}" ) ; touch "${witness}"`)(address, never);
	assert.deepEqual(await argumentsOf(log), ['$(touch', witness, ')', ';', 'touch', witness, address]);
	assert.equal(existsSync(witness), false);
});

test('demand 8: a missing program is told, not thrown', async () => {
	assert.deepEqual(await withBrowser('/missing/browser')(address, never), {
		status: 'failed',
		detail: 'No browser opened, browser was not found.',
	});
});

test('a program that ends with a code, or is killed, is told', async () => {
	const three = fakeProgram('three', 'exit 3');
	assert.deepEqual(await withBrowser(`"${three.program}"`)(address, never), {
		status: 'failed',
		detail: 'No browser opened, three ended with code 3.',
	});
	const killed = fakeProgram('killed', 'kill -9 $$');
	assert.match(JSON.stringify(await withBrowser(`"${killed.program}"`)(address, never)), /killed ended with SIGKILL/);
});

test('a browser that stays is not waited for, and outlives nobody: an abort ends the watch at once', async () => {
	const {program, log} = fakeProgram('stays', 'sleep 3; exit 3');
	const controller = new AbortController();
	const environment = environmentOf({
		env: {...desktopEnvironment, BROWSER: `"${program}"`, PATH: process.env['PATH']!},
	});
	const open = createBrowserOpener(environment, {patience});
	const outcome = open(address, controller.signal);
	await argumentsOf(log);
	controller.abort();
	assert.deepEqual(await outcome, {status: 'opened'});
	const {status} = await open(address, controller.signal);
	assert.equal(status, 'skipped');
});

test('demand 10: a browser that stays is taken as opened when the watch is over', async () => {
	const {program} = fakeProgram('stays-too', 'sleep 3; exit 3');
	const environment = environmentOf({
		env: {...desktopEnvironment, BROWSER: `"${program}"`, PATH: process.env['PATH']!},
	});
	const open = createBrowserOpener(environment, {patience: 50});
	assert.deepEqual(await open(address, never), {status: 'opened'});
});

test('S4: nothing but https and loopback addresses is opened, anyone who asks', async () => {
	const {program, log} = fakeProgram('refuses');
	const open = withBrowser(`"${program}"`);
	for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'http://auth.test/', '--flag', 'https://a@b.test/']) {
		assert.match(JSON.stringify(await open(url as SafeUrl, never)), /"failed".*wasn't opened/, url);
	}

	assert.equal(existsSync(log), false);
});

const neverStarted = async () => assert.fail('it was opened');

test('where no browser can be, or would be the wrong one, opening is skipped with a reason', async () => {
	const places = {
		'over SSH': [{env: sshEnvironment}, /SSH/],
		'over SSH with a display': [{env: {...sshEnvironment, DISPLAY: ':10'}}, /SSH/],
		'without a display': [{env: {TERM: 'xterm'}}, /no display/],
		'in a container': [{env: {TERM: 'xterm'}, containerMark: true}, /container/],
		'in CI': [{env: {...desktopEnvironment, CI: 'true'}}, /build machine/],
	} as const;
	for (const [place, [environment, why]] of Object.entries(places)) {
		const outcome = await createBrowserOpener(environmentOf(environment), {openWithSystem: neverStarted})(
			address,
			never,
		);
		assert.equal(outcome.status, 'skipped', place);
		assert.match(outcome.detail, why);
	}
});

test(
	"demand 7: the system's own opener is used, and its silent failure is noticed",
	{skip: process.platform !== 'linux' && 'xdg-open is of Linux'},
	async context => {
		const before = {...process.env};
		context.after(() => {
			delete process.env['BROWSER'];
			Object.assign(process.env, before);
		});
		delete process.env['DISPLAY'];
		delete process.env['WAYLAND_DISPLAY'];
		const open = createBrowserOpener(environmentOf(), {patience});
		const {program, log} = fakeProgram('by-xdg-open');
		const link = path.join(os.tmpdir(), `by-xdg-open-${process.pid}`);
		writeFileSync(link, `#!/bin/sh\nexec '${program}' "$@"\n`, {mode: 0o755});
		context.after(() => rmSync(link));
		// The script takes no spaces in its BROWSER.
		process.env['BROWSER'] = link;
		assert.deepEqual(await open(address, never), {status: 'opened'});
		assert.deepEqual(await argumentsOf(log), [address]);
		process.env['BROWSER'] = '/missing/browser';
		assert.deepEqual(await open(address, never), {
			status: 'failed',
			detail: 'No browser opened, xdg-open ended with code 3.',
		});
	},
);
