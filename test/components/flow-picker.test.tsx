import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import {FlowPicker} from '../../source/components/flow-picker.js';
import type {EventOf} from '../../source/login/events.js';
import type {Recommendation} from '../../source/login/terminal.js';
import type {LoginState} from '../../source/login/state.js';
import {drawOn} from '../support/fake-terminal.js';
import * as recordings from '../support/login-recordings.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const overSsh: Recommendation = {
	flow: 'device',
	reason: "You're connected over SSH, so no browser opens here.",
};
const whatIsLeft: Recommendation = {flow: 'browser', reason: 'No codes are offered for this login.'};

const lacking = (flow: 'browser' | 'device', reason: string): EventOf<'discovery'> => ({
	...recordings.discovery,
	flows: {...recordings.discovery.flows, [flow]: reason},
});

const responses: readonly EventOf<'discovery'>[] = [
	recordings.discovery,
	{...recordings.discovery, requestedScope: 'openid profile email offline_access'},
	{...recordings.discovery, requestedScope: ''},
	lacking('browser', "The provider doesn't offer browser sign-in."),
	lacking('device', "The provider doesn't offer codes."),
];

const sizes = [
	[120, 40],
	[80, 24],
	[60, 20],
	[40, 15],
	[20, 5],
] as const;

/** The picker before discovery, and then with each of these answers. */
const watch = async (
	[columns, rows]: (typeof sizes)[number],
	recommendation: Recommendation | undefined,
	display: (linesBefore: readonly string[], lines: readonly string[], answer: EventOf<'discovery'>) => void,
	discoveries = responses,
) => {
	const picker = (state: LoginState, recommended: Recommendation | undefined) => (
		<FlowPicker
			state={state}
			environment={environment}
			terminal={{browser: 'here'}}
			command={() => undefined}
			application="Acme"
			issuer="https://auth.acme.dev"
			recommendation={recommended}
			currentIdentity={recordings.alice}
		/>
	);
	for (const answer of discoveries) {
		const terminal = await drawOn(picker(recordings.foldEvents(), recommendation), {columns, rows});
		const before = terminal.lines();
		// The engine recommends again, of what is left.
		await terminal.rerender(picker(recordings.foldEvents(answer), whatIsLeft));
		display(before, terminal.lines(), answer);
		await terminal.unmount();
	}
};

const optionWords = /\d {1,2}(In this|On another|Stay)/;
const rowsOf = (lines: readonly string[], words: RegExp) =>
	lines.flatMap((line, row) => (words.test(line) ? [`${row} ${words.exec(line)![0]}`] : []));

test('whatever discovery brings, no option of the picker moves, nor do the keys', async () => {
	for (const size of sizes) {
		// A narrow window has no room for a reason above and for all that is learned below: there the words win.
		for (const recommendation of size[0] === 40 ? [undefined] : [undefined, overSsh]) {
			await watch(size, recommendation, (before, lines) => {
				const options = rowsOf(before, optionWords);
				assert.equal(options.length, 3);
				assert.deepEqual(rowsOf(lines, optionWords), options);
				assert.deepEqual(rowsOf(lines, /esc cancel/), rowsOf(before, /esc cancel/));
			});
		}
	}
});

test('what is asked for is there whole once it is known, and why a flow is not possible', async () => {
	for (const size of sizes.slice(0, -1)) {
		await watch(size, overSsh, (_, lines, {requestedScope, flows}) => {
			const told = lines.join(' ').replaceAll(/ +/g, ' ');
			if (requestedScope !== '') assert.match(told, /It will see your profile.*, and keep you signed in/);
			for (const flow of [flows.browser, flows.device])
				assert.ok(flow === true || told.includes(flow.replace(/\.$/, '')), told);
		});
	}
});

test('a reason without room in its own rows is told whole below the keys', async () => {
	const reason = 'This server was told to let nobody sign in with a code, and nobody remembers by whom';
	for (const size of sizes.slice(0, 3)) {
		const check = (before: readonly string[], lines: readonly string[]) => {
			assert.deepEqual(rowsOf(lines, optionWords), rowsOf(before, optionWords));
			const told = lines.map(line => line.trim()).join(' ');
			assert.ok(told.includes(`On another device: ${reason}`) || told.includes(reason), told);
		};
		await watch(size, undefined, check, [lacking('device', reason)]);
	}
});
