import {systemClock} from '../../core/clock.js';
import {displayText} from '../../core/safe-text.js';
import {diagnose, type Finding} from '../../doctor/diagnose.js';
import {glyphs, supportsUnicode} from '../../terminal/capabilities.js';
import {jsonLine} from '../../text/ndjson.js';
import type {Command} from '../context.js';
import {exitCodes, hints} from '../errors.js';
import {runLogin} from '../command-text.js';
import {optionsAt, storeFor} from '../session.js';

/** `ink-login doctor`: what a login needs here, and what of it is missing. */
export const runDoctor: Command = async (line, context) => {
	const {environment, signals, stdout} = context;
	const {profile, values} = line;
	const store = await storeFor(line, context);
	// What keeps it from being read is among the findings.
	const stored = await store.read(profile).catch(() => undefined);
	const known = stored ?? (await store.readPreferences(profile).catch(() => undefined))?.server;
	const options =
		known === undefined
			? {signInHint: runLogin(profile), hints}
			: optionsAt(known.provider, known, store, line, context);
	const {signal} = signals;
	const findings = await diagnose({store, profile, clock: systemClock, options}, {environment, signal});
	const {success, warning, failure, arrow} = glyphs(supportsUnicode(environment));
	const marks = {ok: success, warning, problem: failure} as const;
	const asLines = ({status, message, remedy}: Finding) =>
		[[marks[status], message] as const, ...(remedy?.split('\n').map(line => [`  ${arrow}`, line] as const) ?? [])]
			.map(([mark, text]) => `${mark} ${displayText(text, 1000)}\n`)
			.join('');
	for (const finding of findings) stdout.write(values.json ? jsonLine(finding) : asLines(finding));
	return findings.some(({status}) => status === 'problem') ? exitCodes.failed : exitCodes.done;
};
