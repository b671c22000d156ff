import type {Recording} from './recorder.js';

/** A recording for `asciinema play`: the bytes of the program, at the times of the picture (asciicast v2). */
export const toCast = ({columns, rows, written}: Recording, title: string): string => {
	const lines: unknown[] = [{version: 2, width: columns, height: rows, title}];
	let at = 0;
	for (const {lasts, output} of written) {
		if (output !== '') lines.push([Math.round(at * 1000) / 1000, 'o', output]);
		at += lasts;
	}

	// Holds the last frame.
	lines.push([Math.round(at * 1000) / 1000, 'o', '']);
	return lines.map(line => JSON.stringify(line)).join('\n') + '\n';
};
