import {Box, Text} from 'ink';
import {memo, type ReactNode} from 'react';
import {hyperlink} from '../terminal/capabilities.js';
import {qrCodeGap, qrCodeMargin, type Frame} from '../layout/fit.js';
import {isSameLine, type Line} from '../layout/row.js';
import type {Display} from '../layout/theme.js';
import {QrCode} from './qr-code.js';
import {Spinner} from './spinner.js';
import type {FrameParts} from '../hooks/screen-props.js';

type DrawProps = {readonly display: Display; readonly parts?: FrameParts | undefined};

function Spans({line, display}: {readonly line: Line; readonly display: Display}): ReactNode {
	return line.map(({text, bold, struck, tone, link}, position) => (
		<Text
			key={position}
			bold={bold === true}
			strikethrough={struck === true}
			{...(tone !== undefined && display.environment.color && {color: display.theme[tone]})}
		>
			{link === undefined ? text : hyperlink(link, text)}
		</Text>
	));
}

/** Each second a screen is composed again, and nearly all of its rows are as before. */
const Row = memo(
	function Row({line, display, parts}: DrawProps & {readonly line: Line}): ReactNode {
		const turning = line.findIndex(span => span.spinner);
		const Turning = parts?.Spinner ?? Spinner;
		return (
			<Box height={1} flexShrink={0}>
				{turning > 0 && (
					<Text>
						<Spans line={line.slice(0, turning)} display={display} />
					</Text>
				)}
				{/* Not inside a text: an application's own may be a box. */}
				{turning >= 0 && <Turning type={display.glyphs.spinner} />}
				<Text wrap="truncate">
					{line.length === 0 ? ' ' : <Spans line={line.slice(turning + 1)} display={display} />}
				</Text>
			</Box>
		);
	},
	(before, after) =>
		before.display === after.display && before.parts === after.parts && isSameLine(before.line, after.line),
);

function Lines({lines, display, parts}: DrawProps & {readonly lines: readonly Line[]}): ReactNode {
	return lines.map((line, index) => <Row key={index} line={line} display={display} parts={parts} />);
}

export function FrameView({
	frame: {top, qrCode, beside, bottom},
	columns,
	display,
	parts,
}: DrawProps & {readonly frame: Frame; readonly columns: number}): ReactNode {
	const Code = parts?.QrCode ?? QrCode;
	return (
		<Box flexDirection="column" width={columns} flexShrink={0}>
			<Lines lines={top} display={display} parts={parts} />
			{qrCode && (
				<Box flexShrink={0} paddingLeft={qrCodeMargin} columnGap={qrCodeGap}>
					<Box
						width={qrCode.columns}
						height={qrCode.rows}
						flexShrink={0}
						// Ours fits; to cut each of its rows again in each frame is what Ink takes the longest for.
						{...(Code !== QrCode && {overflow: 'hidden'})}
					>
						<Code text={qrCode.text} color={display.environment.color} />
					</Box>
					<Box flexDirection="column" flexGrow={1} flexShrink={1}>
						<Lines lines={beside} display={display} parts={parts} />
					</Box>
				</Box>
			)}
			<Lines lines={bottom} display={display} parts={parts} />
		</Box>
	);
}
