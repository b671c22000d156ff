import {firstThatFits, frameOf, type Frame, type Size} from './frame.js';
import {headerLines, spacer, type ConsentHeader} from './header.js';
import {indent, keyLine, type Line} from './line.js';
import type {Display} from './look.js';

/** A screen with one thing to say: something is under way. */
export const openingFrame = ({
	asking,
	status,
	added,
	canGoBack,
	size: {columns, rows},
	display,
}: {
	readonly asking: ConsentHeader;
	readonly status: Line;
	readonly added?: readonly Line[] | undefined;
	readonly canGoBack: boolean;
	readonly size: Size;
	readonly display: Display;
}): Frame => {
	const header = (full: boolean) => headerLines(asking, {columns, full, display});
	const keys = canGoBack
		? [...spacer(true), ...indent(1, [keyLine([display.messages.keys.back], display.glyphs.separator, columns - 2)])]
		: [];
	const under = added === undefined ? [] : [...spacer(true), ...added];
	return firstThatFits(rows, [
		frameOf([...header(true), ...spacer(true), ...indent(1, [status]), ...under, ...keys]),
		frameOf([...header(false), ...indent(1, [status]), ...(added ?? [])]),
		frameOf(indent(1, [status])),
	]);
};
