import type {LoginEvent} from '../engine/login-event.js';
import type {LoginRun} from '../engine/flow.js';

/** What JSON leaves as it is and a terminal may act on, or a reader of lines take for an end of line (S1, S38). */
const unsafeInLine = /[\u007F-\u009F\u2028\u2029]/g;

const escapeCharacter = (character: string) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0');

/** One value as one line of JSON, its line feed included; made of nothing that a terminal acts on. */
export const jsonLine = (value: unknown): string =>
	JSON.stringify(value).replaceAll(unsafeInLine, escapeCharacter) + '\n';

/** Writes every event as one line, in the form of `event-schema.json`. */
export const createNdjsonSink =
	(write: (line: string) => void): ((event: LoginEvent) => void) =>
	event =>
		write(jsonLine(event));

/** Writes a login's events as NDJSON; resolves once the last one is written. Never rejects. */
export const showNdjson = async (run: LoginRun, {write}: {readonly write: (line: string) => void}): Promise<void> => {
	const sink = createNdjsonSink(write);
	for await (const event of run) sink(event);
};
