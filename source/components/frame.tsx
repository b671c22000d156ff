import InkSpinner from 'ink-spinner';
import {Box, Text} from 'ink';
import {memo, type ReactNode} from 'react';
import {hyperlink} from '../terminal/capabilities.js';
import type {Frame} from '../layout/fit.js';
import {isSameLine, type Line, type Span} from '../layout/line.js';
import type {Display} from '../layout/theme.js';
import {QrCode} from './qr-code.js';
import {ReplacedPart} from './replaced-part.js';
import type {FrameParts, SpinnerProps} from '../hooks/screen-props.js';

type DrawProps = {readonly display: Display; readonly parts?: FrameParts | undefined};

/** Turns while a request is in flight; a timer runs for as long as it is mounted. */
function OwnSpinner({type}: SpinnerProps): ReactNode {
	return (
		<Text>
			<InkSpinner type={type} />
		</Text>
	);
}

/** Black on every theme, at each level of colours. */
const black = 'ansi256(16)';

const colours = ({plate, tone}: Span, {theme, environment, plate: drawn}: Display) => {
	if (!environment.color) return {inverse: plate === true};
	if (!plate) return tone === undefined ? {} : {color: theme[tone]};
	return drawn === 'accent' ? {color: black, backgroundColor: theme.accent} : {color: theme.accent, inverse: true};
};

function Spans({line, display}: {readonly line: Line; readonly display: Display}): ReactNode {
	return line.map((span, position) => (
		<Text
			key={position}
			bold={span.bold === true || span.plate === true}
			dimColor={span.dim === true}
			strikethrough={span.struck === true}
			{...colours(span, display)}
		>
			{span.link === undefined ? span.text : hyperlink(span.link, span.text)}
		</Text>
	));
}

/** Nearly all rows of a screen that is drawn again are as before. */
const Row = memo(
	function Row({line, display, parts}: DrawProps & {readonly line: Line}): ReactNode {
		const turning = line.findIndex(span => span.spinner);
		return (
			<Box height={1} flexShrink={0}>
				{turning > 0 && (
					<Text>
						<Spans line={line.slice(0, turning)} display={display} />
					</Text>
				)}
				{turning >= 0 && <ReplacedPart own={parts?.Spinner} ours={OwnSpinner} type={display.glyphs.spinner} />}
				<Text wrap="truncate">
					{line.length === 0 ? ' ' : <Spans line={line.slice(turning + 1)} display={display} />}
				</Text>
			</Box>
		);
	},
	(before, after) =>
		before.display === after.display && before.parts === after.parts && isSameLine(before.line, after.line),
);

function Lines({lines, ...drawing}: DrawProps & {readonly lines: readonly Line[]}): ReactNode {
	return lines.map((line, index) => <Row key={index} line={line} {...drawing} />);
}

/** Draws a frame: rows over the whole width, and a QR code at the right of some of them. */
export function FrameView({
	frame: {top, qrCode, bottom},
	columns,
	...drawing
}: DrawProps & {readonly frame: Frame; readonly columns: number}): ReactNode {
	const own = drawing.parts?.QrCode;
	return (
		<Box flexDirection="column" width={columns} flexShrink={0}>
			<Lines lines={top} {...drawing} />
			{qrCode && (
				<Box flexShrink={0}>
					<Box flexDirection="column" width={qrCode.left} flexShrink={0}>
						<Lines lines={qrCode.beside} {...drawing} />
					</Box>
					<Box
						width={qrCode.columns}
						height={qrCode.rows}
						flexShrink={0}
						// Ours fits; to cut each of its rows again in each frame is what Ink takes the longest for.
						{...(own !== undefined && {overflow: 'hidden'})}
					>
						<ReplacedPart own={own} ours={QrCode} text={qrCode.text} color={drawing.display.environment.color} />
					</Box>
				</Box>
			)}
			<Lines lines={bottom} {...drawing} />
		</Box>
	);
}
