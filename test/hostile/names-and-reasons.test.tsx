import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Text} from 'ink';
import type {ReactElement} from 'react';
import {AccountPromptScreen} from '../../source/components/account-prompt.js';
import {BrowserScreen} from '../../source/components/browser-screen.js';
import {FlowPicker} from '../../source/components/flow-picker.js';
import {Failure} from '../../source/components/outcome.js';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import {createManualClock} from '../../source/testing/index.js';
import {among, withoutOwn} from '../support/among-rows.js';
import {drawOn} from '../support/fake-terminal.js';
import {hostileStrings, unsafeText} from '../support/hostile-strings.js';
import * as recordings from '../support/login-recordings.js';
import {isThorough} from '../support/thorough.js';
import type {Identity} from '../../source/core/types.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const clock = createManualClock({now: recordings.start});

/** An issuer whose host is as strange as an address can hold. */
const issuerOf = (text: string): string => {
	const issuer = `https://${encodeURIComponent(Buffer.from(text.slice(0, 30)).toString())}.example.test`;
	return URL.canParse(issuer) ? new URL(issuer).href : `https://${text}`;
};

/** Subjects, scopes and issuers come as they are, the rest as the engine cleans it. */
const screensWith = (text: string, size: {readonly columns: number; readonly maxRows: number}): ReactElement[] => {
	const identity: Identity = {
		issuer: issuerOf(text),
		subject: text,
		name: displayText(text),
		email: displayText(text),
	};
	const {name: _, email: __, ...nameless} = identity;
	const discovery: LoginEvent = {
		...recordings.discovery,
		issuer: issuerOf(text),
		application: displayText(text),
		requestedScope: `openid ${text} profile`,
	};
	const shared = {...size, environment, clock, command: () => undefined, canGoBack: true};
	const lacking: LoginEvent = {...discovery, flows: {...discovery.flows, device: displayText(text)}};
	const skipped: LoginEvent = {type: 'browser', status: 'skipped', detail: displayText(text)};
	const rejected: LoginEvent = {type: 'paste-rejected', reason: displayText(text)};
	const picker = {...shared, application: text, issuer: issuerOf(text), scope: text, currentIdentity: nameless};
	return [
		<FlowPicker key="early" {...picker} state={recordings.foldEvents()} />,
		<FlowPicker
			key="picker"
			{...picker}
			state={recordings.foldEvents(lacking)}
			currentIdentity={identity}
			recommendation={{flow: 'device', reason: displayText(text)}}
		/>,
		<BrowserScreen
			key="browser"
			{...shared}
			state={recordings.foldEvents(
				discovery,
				recordings.opened('browser'),
				recordings.authorizationUrl,
				skipped,
				rejected,
			)}
		/>,
		<AccountPromptScreen
			key="question"
			{...shared}
			prompt={{stored: identity, next: nameless, answer: () => undefined}}
		/>,
		<Failure key="failure" {...shared} code="server_rejected" said={displayText(text)} hint={displayText(text)} />,
	];
};

for (const [columns, maxRows, share] of [
	[80, 23, 10],
	[40, 14, 24],
] as const) {
	test(`S1, S2: names, hosts, scopes, identities and reasons stay text in their own rows, at ${columns}x${maxRows + 1}`, async () => {
		const terminal = await drawOn(among(<Text>nothing yet</Text>, columns), {columns, rows: maxRows + 4});
		const texts = hostileStrings.filter((_, index) => index % (isThorough ? 2 : share) === 0);
		let seen = 0;
		for (const text of texts) {
			for (const screen of screensWith(text, {columns, maxRows})) {
				await terminal.rerender(among(screen, columns));
				const bytes = terminal.written().slice(seen);
				seen = terminal.written().length;
				const place = `${JSON.stringify(text)} in ${screen.key}`;
				assert.doesNotMatch(withoutOwn(bytes), unsafeText, place);
				const lines = terminal.lines();
				assert.equal(lines[0], 'ABOVE', place);
				assert.equal(lines.at(-1), 'BELOW', place);
				assert.ok(lines.length <= maxRows + 2, `${place} has ${lines.length} rows`);
				assert.equal(lines.filter(line => line === 'ABOVE' || line === 'BELOW').length, 2, place);
			}
		}

		await terminal.rerender(among(<Text>the end</Text>, columns));
		assert.deepEqual(terminal.lines(), ['ABOVE', 'the end', 'BELOW']);
		assert.deepEqual(terminal.emulator.scrollback(), []);
		await terminal.unmount();
	});
}
