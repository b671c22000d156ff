import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import {playRecording, type Recording} from '../../source/testing/index.js';
import {createPlainReporter, displayText, messages, type LoginEvent, type SomeMessages} from '../../source/index.js';
import {wordsOver} from '../../source/text/messages.js';
import * as recordings from '../support/login-recordings.js';
import {drawOn} from '../support/fake-terminal.js';
import {screenNames, screenOf} from '../support/screens.js';

/** A language in which every word is marked: what is not was never translated. */
const marked = (word: unknown): unknown => {
	if (typeof word === 'string') return word === '' ? '' : `⟦${word}⟧`;
	if (typeof word === 'function')
		return (...values: unknown[]) => marked((word as (...values: unknown[]) => unknown)(...values));
	if (Array.isArray(word)) return word.map(marked);
	return Object.fromEntries(Object.entries(word as object).map(([name, inner]) => [name, marked(inner)]));
};
const pseudo = marked(messages) as SomeMessages;

/** What is left without what was translated, the data, and the names of keys. */
const untranslated = (text: string): readonly string[] => {
	let rest = text.replaceAll(/\s+/g, ' ');
	for (let before = ''; before !== rest;) {
		before = rest;
		rest = rest.replaceAll(/⟦[^⟦⟧]*?[⟧…]/g, ' ');
	}

	return (
		rest
			.replaceAll(
				/\S+:\/\/\S+|\S+\.\w+\S*|\b[A-Z\d*]{4}-[A-Z\d*]{4}\b|acme deploy|acme login --switch-account|ssh -N \S+ \S+/g,
				' ',
			)
			.match(/\p{L}{2,}/gu) ?? []
	).filter(word => !['esc', 'enter', 'ctrl'].includes(word));
};

for (const screenReader of [false, true]) {
	test(`a translation leaves nothing in English on any screen${screenReader ? ' that is read aloud' : ''}`, async () => {
		for (const name of screenNames) {
			const terminal = await drawOn(screenOf(name, {messages: pseudo}), {columns: 240, rows: 60, screenReader});
			await terminal.type('?');
			const text = terminal.emulator.text;
			await terminal.unmount();
			assert.match(text, /⟦/, name);
			assert.deepEqual(untranslated(text), [], `${name}:\n${text}`);
		}
	});
}

test('a translation leaves nothing in English in plain lines', () => {
	const {codeShown, browserShown, polled, start, signedIn} = recordings;
	const events: readonly LoginEvent[] = [
		...codeShown,
		...browserShown.slice(1),
		polled,
		{type: 'slow-down', interval: 10, nextPollAt: start},
		{type: 'backoff', reason: 'The server could not be reached.', retryAt: start + 10_000},
		{type: 'browser', status: 'failed', detail: 'No browser opened, xdg-open ended with code 3.'},
		{type: 'paste-rejected', reason: 'That link has no code in it.'},
		{type: 'question', flow: 'password', asks: 'username'},
		{type: 'question', flow: 'password', asks: 'password', reason: 'They were wrong.'},
		{type: 'question', flow: 'one-time-code', asks: 'recipient'},
		{type: 'question', flow: 'one-time-code', asks: 'code'},
		{type: 'code-sent', channel: 'sms', to: displayText('+49***67')},
		{type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'},
		{type: 'waiting', for: 'other-login'},
		{type: 'flow-closed', flow: 'device', reason: 'The request was refused.', code: 'access_denied'},
		signedIn,
		{type: 'failed', code: 'timeout', message: 'Nobody signed in.', hint: 'Try again.'},
	];
	let text = '';
	const {clock} = playRecording({version: 1, events: []} satisfies Recording);
	using reporter = createPlainReporter({write: line => (text += line), clock, messages: pseudo, next: 'acme deploy'});
	for (const event of events) reporter.event(event);
	assert.deepEqual(untranslated(text), [], text);
});

test('a few words of your own leave the others as they are', () => {
	const words = wordsOver({code: {waiting: 'Warte auf Bestätigung'}, failure: code => `Fehler ${code}`});
	assert.equal(words.code.waiting, 'Warte auf Bestätigung');
	assert.equal(words.failure('timeout', ''), 'Fehler timeout');
	assert.equal(words.code.type, messages.code.type);
	assert.deepEqual(Object.keys(words), Object.keys(messages));
});
