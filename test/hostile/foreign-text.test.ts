import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import type {LoginEvent} from '../../source/login/events.js';
import {createNdjsonReporter} from '../../source/text/ndjson.js';
import {createPlainReporter} from '../../source/text/plain.js';
import {createManualClock} from '../../source/testing/index.js';
import {hostileLogins} from '../support/hostile-logins.js';
import {hostileStrings, unsafeText} from '../support/hostile-strings.js';

let logins: readonly (readonly LoginEvent[])[];
before(async () => {
	logins = await hostileLogins();
});

test('S1, S2: the corpus has more than three hundred texts, and each of them is in some field of some login', () => {
	assert.ok(new Set(hostileStrings).size >= 300);
	assert.ok(logins.length >= 2 * hostileStrings.length);
	assert.ok(hostileStrings.filter(text => unsafeText.test(text)).length >= 300);
});

test('S1, S2, S22, S38: no plain line holds a character that a terminal acts on or hides, whatever the server wrote where', () => {
	for (const spelled of [false, true]) {
		for (const events of logins) {
			const clock = createManualClock();
			const lines: string[] = [];
			using reporter = createPlainReporter({write: line => void lines.push(line), clock, spelled});
			for (const event of events) reporter.event(event);
			for (const line of lines) {
				assert.ok(line.endsWith('\n') && line.length < 4300);
				assert.doesNotMatch(line.slice(0, -1), unsafeText);
			}
		}
	}
});

test('S1, S2, S38: an event is one line of JSON without such a character, and reads back as it was', () => {
	for (const events of logins) {
		for (const event of events) {
			let written = '';
			createNdjsonReporter(line => void (written += line))(event);
			assert.doesNotMatch(written.slice(0, -1), /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
			assert.equal(JSON.stringify(JSON.parse(written)), JSON.stringify(event));
		}
	}
});

test('S1, S2, F12: nothing but clean text is in an event, an identifier of a person included', () => {
	for (const event of logins.flat()) {
		const walk = (value: unknown, where: string): void => {
			if (typeof value === 'string') assert.doesNotMatch(value, unsafeText, `${event.type} ${where}`);
			else if (typeof value === 'object' && value !== null) {
				for (const [name, inner] of Object.entries(value)) walk(inner, `${where}.${name}`);
			}
		};
		walk(event, '');
	}
});
