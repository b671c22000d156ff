import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import ownSentences from '../../source/text/sentences.json' with {type: 'json'};
import {playRecording, type Recording} from '../../source/testing/index.js';
import {createPlainReporter, displayText, messages, type LoginEvent, type SomeMessages} from '../../source/index.js';
import {wordsOver, type Messages} from '../../source/text/messages.js';
import {translatorOf, type Sentences} from '../../source/text/sentences.js';
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
const {failure: _, advice: __, sentence: ___, ...words} = marked(messages) as Messages;
/** What the tests' own logins say and no source does. */
const invented = [
	'There is no browser.',
	'No device flow.',
	'The server could not be reached.',
	'That link has no code in it.',
	'Nobody signed in within 5 minutes.',
	'Try again.',
];
const inEnglish = Object.keys(ownSentences);
const sentences = marked(Object.fromEntries([...inEnglish, ...invented].map(text => [text, text]))) as Sentences;
const pseudo: SomeMessages = {...words, sentences};

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

test('no sentence begins or ends with a space, since each is told by itself', () => {
	assert.deepEqual(
		inEnglish.filter(text => text !== text.trim()),
		[],
	);
});

test('no sentence has more than two values side by side, which a hostile text could be split into in ever more ways', () => {
	const glued = inEnglish.filter(text => /\{\d\}\W?\{\d\}\W?\{\d\}/.test(text));
	assert.deepEqual(glued, []);
});

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
		{
			type: 'question',
			flow: 'password',
			asks: 'password',
			reason: "The server doesn't accept this user name and password. Check both and try again, or use another flow.",
		},
		{type: 'question', flow: 'one-time-code', asks: 'recipient'},
		{type: 'question', flow: 'one-time-code', asks: 'code'},
		{type: 'code-sent', channel: 'sms', to: displayText('+49***67')},
		{type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'},
		{type: 'waiting', for: 'other-login'},
		{
			type: 'flow-closed',
			flow: 'device',
			reason: 'Sign-in was declined. The server says: https://a.example',
			code: 'access_denied',
		},
		signedIn,
		{
			type: 'failed',
			code: 'timeout',
			message: "Can't connect to a.example: connection refused.",
			hint: "Sign in again. Start again when you're ready.",
		},
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

test('a sentence keeps its values, and those that are sentences are told in the same language', () => {
	const german = translatorOf({
		'{0} says that it is {1}.': '{1} nennt sich {0}.',
		'The server refused the request.': 'Der Server lehnt ab.',
		'The server says: {0}': 'Der Server sagt: {0}',
		'Try again in {0} minutes.': 'Versuch es in {0} Minuten.',
		'The resource {0} can’t be used because {1}.': '{0} geht nicht, weil {1}.',
		"it isn't a URL": 'es keine URL ist',
	});
	assert.equal(german('a.example says that it is $& b.example.'), '$& b.example nennt sich a.example.');
	assert.equal(
		german('The server refused the request. The server says: No. Try again in 3 minutes.'),
		'Der Server lehnt ab. Der Server sagt: No. Versuch es in 3 Minuten.',
	);
	assert.equal(german("The resource x can’t be used because it isn't a URL."), 'x geht nicht, weil es keine URL ist.');
	assert.equal(german('The server refused the request'), 'Der Server lehnt ab');
	assert.equal(
		german('Nobody translated this. Try again in 2 minutes.'),
		'Nobody translated this. Versuch es in 2 Minuten.',
	);
});
