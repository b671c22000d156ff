const hideCursor = '\u001B[?25l';
/** What stands between them a terminal shows at once. */
const update = {begin: '\u001B[?2026h', end: '\u001B[?2026l'};

/** Up to the first row, and all of them away. Row by row: tmux keeps in its history what is cleared all at once. */
const eraseRows = (count: number): string => `${'\u001B[2K\u001B[1A'.repeat(count)}\u001B[2K\r`;

/** Shows rows on a terminal, drawn again for each size of its window. */
export const showRows = (stdout: NodeJS.WriteStream, draw: () => readonly string[]) => {
	let away = hideCursor;
	const show = (above = '') => {
		const rows = draw();
		stdout.write(update.begin + away + above + rows.map(row => `${row}\n`).join('') + update.end);
		away = eraseRows(rows.length);
	};
	let stands = true;
	const resized = () => show();
	const leave = (): string => {
		stdout.off('resize', resized);
		stands = false;
		return away;
	};
	stdout.on('resize', resized);
	show();
	return {
		/** Writes above the rows; once they are gone, to stderr. */
		writeAbove(text: string) {
			if (stands) show(text);
			else process.stderr.write(text);
		},
		erase() {
			if (stands) stdout.write(leave());
		},
		/** The next text of more than one row comes in their place, in the same update of the terminal. */
		replaceByNextFrame() {
			const away = leave();
			const write = stdout.write.bind(stdout);
			stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
				if (typeof chunk !== 'string' || !chunk.includes('\n')) return write(chunk, ...rest);
				stdout.write = write;
				return write(away + chunk, ...rest);
			};
		},
	};
};
