import type {EventOf} from '../engine/login-event.js';
import {loopbackPort} from '../engine/safe-url.js';
import {indent, paragraph, plain, widthOf, wrapWords, type Line} from './line.js';
import type {Display} from './look.js';

/** A shell takes it as one line, wherever it is broken. */
const continued = (line: string, width: number): Line[] => {
	if (widthOf(line) <= width) return [plain(line)];
	const rows = wrapWords(line, width - 2);
	return rows.map((row, index) => plain(index === rows.length - 1 ? row : `${row} \\`));
};

/**
 * What to type on the computer with the browser, where that is another one, so that the redirect's port leads here; and
 * the address that the platform itself forwards, which a provider may have registered.
 */
export const forwardLines = (
	{redirectUri}: EventOf<'authorization-url'>,
	display: Display,
	columns: number,
): Line[] => {
	const {terminal, messages} = display;
	const port = loopbackPort(redirectUri);
	if (port === undefined) return [];
	const line = terminal.forwardLine?.(port);
	const margin = line === undefined || widthOf(line) + 3 > columns ? 0 : 3;
	const toType =
		line === undefined
			? []
			: [
					...indent(1, paragraph(messages.browser.forward, columns - 2)),
					...indent(margin, continued(line, columns - margin)),
				];
	const forwarded = terminal.forwardedAddress?.(port);
	if (forwarded === undefined) return toType;
	return [...toType, ...indent(1, paragraph(messages.browser.forwardedAt(forwarded), columns - 2))];
};
