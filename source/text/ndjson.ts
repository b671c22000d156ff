import type {LoginEvent} from '../login/events.js';
import type {LoginRun} from '../login/flow.js';

/**
 * One line of what ink-login prints with `--json`. Exactly one of `signed-in`, `failed` and `pending` is the last line of a login.
 * Within a version members and event types may be added and none changes its meaning: skip what you do not know. No event
 * holds a device code, an authorization code, a verifier or a token; the URLs of `authorization-url` hold the `state`
 * parameter.
 */
// The build writes event-schema.json from this type (.config/event-schema.js).
export type EventLine =
	| LoginEvent
	/** The first line of `ink-login demo --json`, before the events of its login. */
	| {
			readonly type: 'demo-server';
			/** @format uri */
			readonly issuer: string;
			readonly clientId: string;
	  };

/** What JSON leaves as it is and a terminal may act on, or a reader of lines take for an end of line. */
const unsafeInLine = /[\u007F-\u009F\u2028\u2029]/g;

const escapeCharacter = (character: string) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0');

/** One value as one line of JSON, its line feed included; made of nothing that a terminal acts on. */
export const jsonLine = (value: unknown): string =>
	JSON.stringify(value).replaceAll(unsafeInLine, escapeCharacter) + '\n';

/** Writes every event as one line, in the form of `event-schema.json`. */
export const createNdjsonReporter =
	(write: (line: string) => void): ((event: LoginEvent) => void) =>
	event =>
		write(jsonLine(event));

/** Writes a login's events as NDJSON; resolves once the last one is written. Never rejects. */
export const showNdjson = async (run: LoginRun, {write}: {readonly write: (line: string) => void}): Promise<void> => {
	const reporter = createNdjsonReporter(write);
	for await (const event of run) reporter(event);
};
