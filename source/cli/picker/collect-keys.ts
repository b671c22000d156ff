import type {ReadStream} from 'node:tty';

const interrupt = 0x03;

/**
 * Collects what is typed until Ink reads it. Ctrl-C, in raw mode a key like others, becomes the signal that it would be.
 *
 * @returns gives the keys back to stdin, and stops
 */
export const collectKeys = (stdin: ReadStream): (() => void) => {
	const typed: Buffer[] = [];
	const take = () => {
		for (let chunk; (chunk = stdin.read() as Buffer | null) !== null;) {
			// Inside a chunk it is part of a sequence of the terminal's, or of a paste.
			if (chunk[0] === interrupt || chunk.at(-1) === interrupt) process.emit('SIGINT', 'SIGINT');
			else typed.push(chunk);
		}
	};
	stdin.on('readable', take);
	return () => {
		stdin.off('readable', take);
		if (typed.length > 0) stdin.unshift(Buffer.concat(typed));
	};
};
