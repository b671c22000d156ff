import {Box, Text} from 'ink';
import {useMemo, type ReactNode} from 'react';
import {halfBlockRows, qrMatrix} from '../terminal/qr.js';
import type {QrCodeProps} from '../hooks/screen-props.js';

const inverse: Readonly<Record<string, string>> = {'█': ' ', ' ': '█', '▀': '▄', '▄': '▀'};

/** What the QR code for a text takes; undefined for a text that makes no usable one. */
export const qrCodeSize = (text: string): {readonly columns: number; readonly rows: number} | undefined => {
	const matrix = qrMatrix(text);
	return matrix && {columns: matrix.size, rows: Math.ceil(matrix.size / 2)};
};

/** A QR code in half blocks, black on white on any theme: readers fail on inverted ones. */
export function QrCode({text, color = true}: QrCodeProps): ReactNode {
	const rows = useMemo(() => {
		const matrix = qrMatrix(text);
		if (matrix === undefined) return [];
		const drawn = halfBlockRows(matrix);
		return color ? drawn : drawn.map(row => Array.from(row, block => inverse[block] ?? block).join(''));
	}, [text, color]);
	return (
		<Box flexDirection="column" flexShrink={0} aria-hidden>
			{rows.map((row, index) => (
				<Text key={index} {...(color && {color: '#000000', backgroundColor: '#ffffff'})}>
					{row}
				</Text>
			))}
		</Box>
	);
}
