import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import {CredentialsScreen} from '../../source/components/credentials-screen.js';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginCommand} from '../../source/login/flow.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import {discovery, foldEvents, opened} from '../support/login-recordings.js';
import {screenOf} from '../support/screens.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false} as const;
const sent: LoginEvent = {type: 'code-sent', channel: 'sms', to: displayText('+49***67')};
const asksCode = (): LoginEvent => ({type: 'question', flow: 'one-time-code', asks: 'code'});
const asksName = (reason?: string): LoginEvent => ({type: 'question', flow: 'password', asks: 'username', reason});
const asksPassword = (): LoginEvent => ({type: 'question', flow: 'password', asks: 'password'});

/** Draws what the events amount to; more of them come by `tell`. */
const open = async (
	flow: 'password' | 'one-time-code',
	events: readonly LoginEvent[],
	window: Parameters<typeof drawOn>[1] = {},
) => {
	const commands: LoginCommand[] = [];
	const shown: string[] = [];
	const all = [discovery, opened(flow), ...events];
	const element = () => (
		<CredentialsScreen
			flow={flow}
			state={foldEvents(...all)}
			command={command => void commands.push(command)}
			onShow={name => void shown.push(name)}
			environment={environment}
			terminal={{browser: 'here'}}
			canGoBack
		/>
	);
	const terminal = await drawOn(element(), window);
	const tell = async (...more: readonly LoginEvent[]) => {
		all.push(...more);
		await terminal.rerender(element());
	};

	return {terminal, commands, shown, tell};
};

const seen = ({emulator}: FakeTerminal) => emulator.text;

for (const [columns, rows] of [
	[80, 24],
	[40, 15],
] as const) {
	test(`database connection at ${columns}x${rows}: the user name is seen, the password is masked, and neither stays`, async () => {
		const {terminal, commands, tell} = await open('password', [asksName()], {columns, rows});
		assert.match(seen(terminal), /User name\n\n *❯ +█/);
		assert.match(seen(terminal).replaceAll(/\s+/g, ' '), /This app sees what you type\. Your browser is safer/);
		await terminal.type('ada');
		assert.match(seen(terminal), /❯ +ada█/);
		await terminal.type('\r');
		await tell(asksPassword());
		assert.match(seen(terminal), /Password\n\n *❯ +█/);
		await terminal.type('canary-password');
		assert.match(seen(terminal), /❯ +\*{15}█/);
		await terminal.type('\r');
		await tell({type: 'exchange', flow: 'password'});
		assert.match(seen(terminal), /Signing in…/);
		assert.deepEqual(commands, [
			{type: 'enter', flow: 'password', text: 'ada'},
			{type: 'enter', flow: 'password', text: 'canary-password'},
		]);
		// It was wrong: the name is there to be corrected.
		await tell(asksName('That was wrong.'));
		assert.match(seen(terminal), /❯ +ada█\n *⚠ +That was wrong/);
		assert.ok(!terminal.written().includes('canary'));
		assert.deepEqual(terminal.emulator.scrollback(), []);
		await terminal.unmount();
	});

	test(`SMS passwordless at ${columns}x${rows}: six digits are pasted whole, whatever stands around them; letters are keys`, async () => {
		const {terminal, commands, shown, tell} = await open('one-time-code', [sent, asksCode()], {columns, rows});
		assert.match(seen(terminal), /The code sent to \+49\*\*\*67/);
		await terminal.type('\u001B[200~Your code: 471 209.\u001B[201~');
		assert.match(seen(terminal), /❯ +471209█/);
		await terminal.type('\r');
		await tell({type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'}, asksCode());
		assert.match(seen(terminal), /❯ +█\n *⚠ +That code is wrong\. 2 tries left\n/);
		await terminal.type('n');
		await terminal.type('b');
		assert.deepEqual(commands, [
			{type: 'enter', flow: 'one-time-code', text: '471209'},
			{type: 'renew-code', flow: 'one-time-code'},
			{type: 'open', flow: 'browser'},
		]);
		assert.deepEqual(shown, ['browser']);
		await terminal.unmount();
	});
}

test('SMS passwordless: a code that was sent again is called new, and is told to a screen reader', async () => {
	for (const screenReader of [false, true]) {
		const {terminal, tell} = await open('one-time-code', [sent, asksCode()], {screenReader});
		await tell(sent, asksCode());
		assert.match(seen(terminal), /The new code sent to \+49\*\*\*67/);
		await terminal.unmount();
	}
});

test('e-mail passwordless: what is asked is one bright line, with the browser one key away', async () => {
	const question: LoginEvent = {type: 'question', flow: 'one-time-code', asks: 'recipient'};
	const {terminal, commands, shown} = await open('one-time-code', [question]);
	assert.match(seen(terminal), /enter send code · ctrl-o this computer's browser · esc back/);
	// Letters are text here, those that are keys elsewhere too.
	await terminal.type('bob@example.test?');
	assert.match(seen(terminal), /❯ +bob@example\.test\?█/);
	await terminal.type('\u000F');
	assert.deepEqual([commands, shown], [[{type: 'open', flow: 'browser'}], ['browser']]);
	await terminal.type('\u007F');
	await terminal.type('\r');
	assert.match(seen(terminal), /Sending a code…/);
	assert.deepEqual(commands.at(-1), {type: 'enter', flow: 'one-time-code', text: 'bob@example.test'});
	await terminal.unmount();
});

test('without a browser at the provider none is offered, nor praised', async () => {
	const without = {...discovery, flows: {...discovery.flows, browser: 'There is none.'}};
	const {terminal} = await open('password', [without, asksName()]);
	assert.match(seen(terminal), /This app sees what you type\n\n {2}enter continue · esc back/);
	await terminal.unmount();
});

test('a screen reader hears what is asked and what went wrong, and nothing while someone types', async () => {
	const {terminal, tell} = await open('one-time-code', [sent, asksCode()], {screenReader: true});
	assert.match(seen(terminal), /Sign in to Acme, auth\.acme\.dev\./);
	assert.match(
		seen(terminal),
		/The code sent to \+49\*\*\*67\.\nKeys: enter sign in; n new code; b this computer's browser/,
	);
	const before = terminal.written().length;
	await terminal.type('4');
	await terminal.type('7');
	assert.equal(terminal.written().slice(before).replaceAll('\u001B[?2026h', '').replaceAll('\u001B[?2026l', ''), '');
	await tell({type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'}, asksCode());
	assert.match(seen(terminal), /That code is wrong\. 2 tries left/);
	await terminal.unmount();
});

test('in the smallest windows what is asked and where it is typed stay', async () => {
	for (const name of ['user-name', 'password', 'password-wrong', 'one-time-code-recipient', 'one-time-code-wrong']) {
		for (const [columns, rows] of [
			[40, 15],
			[20, 5],
		] as const) {
			const terminal = await drawOn(screenOf(name, {environment}), {columns, rows});
			assert.match(seen(terminal), /User name|Password|[Ee]mail|[Cc]ode/, `${name}: ${seen(terminal)}`);
			assert.match(seen(terminal), /❯ +█/, name);
			assert.ok(terminal.lines().length < rows, name);
			await terminal.unmount();
		}
	}
});

test('in the smallest window a failure keeps the keys that lead on, whole', async () => {
	const terminal = await drawOn(screenOf('second-factor-required', {}), {columns: 20, rows: 5});
	const rows = terminal.emulator.text.split('\n').map(row => row.trim());
	assert.match(rows.join(' '), /^✖ The server wants a second factor/);
	assert.match(rows[3] ?? '', /^(b browser|\? )/);
	await terminal.unmount();
});

test('in the smallest window the label and the notice are short, and neither is cut', async () => {
	for (const [name, label, notice] of [
		['user-name', 'User name', '⚠ The app sees it'],
		['password', 'Password', '⚠ The app sees it'],
		['password-wrong', 'User name', '⚠ Try again'],
		['one-time-code-recipient', 'Email or +phone', '⚠ The app sees it'],
		['one-time-code-wrong', 'Code', '⚠ 2 tries left'],
	] as const) {
		const terminal = await drawOn(screenOf(name, {}), {columns: 20, rows: 5});
		const rows = terminal.emulator.text.split('\n').map(row => row.trim());
		assert.deepEqual([rows[0], rows[2]], [label, notice]);
		await terminal.unmount();
	}
});
