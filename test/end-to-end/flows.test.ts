import assert from 'node:assert/strict';
import {describe, test, type TestContext} from 'node:test';
import jsqr from 'jsqr';
import {browserScript} from '../support/browser-script.js';
import {commandInPty} from '../support/built-command.js';
import {launchChromium} from '../support/chromium.js';
import {demoPerson} from '../support/demo-person.js';
import {demoServer} from '../support/demo-server.js';
import type {PtyRun} from '../support/pty.js';
import {darkTheme, lightTheme, type TerminalEmulator} from '../support/terminal-emulator.js';

// A CommonJS module whose types speak of a default export that the interpreter does not see.
const readQrCode = jsqr as unknown as typeof jsqr.default;

type Size = {readonly columns: number; readonly rows: number};
const sizes: readonly Size[] = [
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 60, rows: 20},
];

/** What a phone reads off the window. */
const scan = (emulator: TerminalEmulator, theme: typeof darkTheme): string | undefined => {
	const {data, width, height} = emulator.toImage({theme});
	return readQrCode(data, width, height, {inversionAttempts: 'dontInvert'})?.data;
};

const codeOn = (screen: string): string => {
	const [code] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screen) ?? assert.fail(`No code on:\n${screen}`);
	return code;
};

/** The link behind its word, whole. */
const addressOn = (screen: string): string => {
	const [, address] =
		/^ *1 +Open +(http:\/\/127\.0\.0\.1:\d+\/\S*)/m.exec(screen) ?? assert.fail(`No link on:\n${screen}`);
	return address!;
};

const fitsIn = ({tallestFrame, emulator}: PtyRun, {columns, rows}: Size): void => {
	assert.ok(tallestFrame <= rows - 1, `a frame of ${tallestFrame} rows in a window of ${rows}`);
	assert.deepEqual(emulator.scrollback(), [], 'nothing has left the window');
	assert.ok(emulator.screen().every(line => line.length <= columns));
};

/** Milliseconds. Alone it takes 100; a program that waits for an idle connection, the shortest of what to wait for in vain, takes 4000. */
const patience = 3500;

/** Follows the run to its end: what is said, what stays, and how soon the prompt is back. */
const endsSignedIn = async (t: TestContext, run: PtyRun, application: string): Promise<void> => {
	await run.waitFor(/Signed in to/, 'Signed in');
	const shown = performance.now();
	const {code} = await run.exit;
	const took = performance.now() - shown;
	t.diagnostic(`the process was gone ${took.toFixed(0)} ms after "Signed in"`);
	assert.equal(code, 0);
	assert.ok(took < patience, `the prompt came back after ${took} ms`);
	const left = run.emulator.text.replaceAll(/\s+/g, ' ');
	const notSaved = application === 'the demo' ? 'Not saved (demo)' : 'Not saved';
	// Behind the name, or in a row of its own.
	assert.equal(left.replace(' · ', ' '), ` ✔ Signed in to ${application} as Alice Demo alice@example.test ${notSaved}`);
	assert.equal(run.emulator.cursor.visible, true);
	assert.equal(run.emulator.cursor.column, 0);
	assert.equal(run.emulator.bracketedPaste, false);
};

/** `ink-login demo` in a window, on the code screen. */
const showCode = async (t: TestContext, size: Size): Promise<{run: PtyRun; screen: string}> => {
	const run = await commandInPty(t, ['demo'], size);
	await run.waitFor(/esc cancel/, 'the picker');
	run.write('2');
	const screen = await run.waitFor(/Waiting for approval[^]*esc back/);
	return {run, screen};
};

describe('two flows, three ways to the person', {concurrency: 2}, () => {
	for (const size of sizes) {
		const window = `${size.columns}x${size.rows}`;

		test(`at ${window}, a code that is typed into the address on the screen signs in`, async t => {
			const browser = await launchChromium(t);
			if (!browser) return;
			const {run, screen} = await showCode(t, size);
			const person = demoPerson(await browser.newPage());
			const userCode = codeOn(screen);
			assert.match(screen, /Sign in to the demo/);
			assert.match(screen, /(10|9) min left/);
			assert.match(screen, /enter copy code and open link/);
			await person.typeCode(addressOn(screen), userCode);
			await person.approveCode(userCode);
			await endsSignedIn(t, run, 'the demo');
			fitsIn(run, size);
		});

		test(`at ${window}, the complete address signs in without typing, once the code is compared`, async t => {
			const browser = await launchChromium(t);
			if (!browser) return;
			const {run, screen} = await showCode(t, size);
			const userCode = codeOn(screen);
			const complete = `${addressOn(screen)}?user_code=${userCode}`;
			const scanned = {dark: scan(run.emulator, darkTheme), light: scan(run.emulator, lightTheme)};
			// Where the window is too small for the QR code there is none, rather than one that cannot be read.
			const expected = size.rows < 24 ? undefined : complete;
			assert.deepEqual(scanned, {dark: expected, light: expected});
			const page = await browser.newPage();
			await page.goto(scanned.light ?? complete);
			await demoPerson(page).approveCode(userCode);
			await endsSignedIn(t, run, 'the demo');
			fitsIn(run, size);
		});

		test(`at ${window}, the browser comes back to this computer and signs in`, async t => {
			const browser = await launchChromium(t);
			if (!browser) return;
			const script = await browserScript(t);
			// A server that outlives the login, so that the browser's connection to it stays open.
			const {issuer, clientId} = await demoServer(t);
			const args = ['--issuer', issuer, '--client-id', clientId, '--application', 'Acme', '--store', 'memory'];
			const run = await commandInPty(t, args, {...size, env: {BROWSER: script.program}});
			await run.waitFor(/esc cancel/, 'the picker');
			run.write('\r');
			const screen = await run.waitFor(/Waiting for you there[^]*esc back/);
			assert.match(screen, /Sign in to Acme · 127\.0\.0\.1:\d+/);
			assert.match(screen, /[54] min left/);
			assert.match(screen, /http:\/\/127\.0\.0\.1:\d+\/\S{11,}/, 'the short link');
			const page = await browser.newPage();
			const person = demoPerson(page);
			await page.goto(await script.next());
			await person.press('Sign in');
			await person.press('Approve');
			await endsSignedIn(t, run, 'Acme');
			await person.read('Signed in to Acme as Alice Demo');
			fitsIn(run, size);
		});
	}
});

test('the short link on the screen leads to the same sign-in', async t => {
	const browser = await launchChromium(t);
	if (!browser) return;
	const run = await commandInPty(t, ['demo', '--flow', 'browser', '--no-open']);
	const screen = await run.waitFor(/Waiting for you there[^]*esc back/);
	const [short] = /http:\/\/127\.0\.0\.1:\d+\/\S{11,}/.exec(screen) ?? assert.fail(screen);
	const page = await browser.newPage();
	await page.goto(short);
	await demoPerson(page).press('Approve');
	await endsSignedIn(t, run, 'the demo');
});

test('keys that are pressed meanwhile change nothing about the end', async t => {
	const browser = await launchChromium(t);
	if (!browser) return;
	const {run, screen} = await showCode(t, sizes[0]!);
	const userCode = codeOn(screen);
	const page = await browser.newPage();
	await page.goto(`${addressOn(screen)}?user_code=${userCode}`);
	run.write('??cu');
	await demoPerson(page).approveCode(userCode);
	await endsSignedIn(t, run, 'the demo');
});
