import {writeSync} from 'node:fs';

/**
 * Writes to stdout without the stream of `process.stdout`, which takes longer to make than a token to find.
 *
 * @returns whether all of it is written; the rest is on its way otherwise
 */
export const writeAtOnce = (text: string): boolean => {
	const bytes = Buffer.from(text);
	let written = 0;
	try {
		while (written < bytes.length) written += writeSync(1, bytes, written);
		return true;
	} catch {
		// A pipe that takes no more for now, or whose reader has left: the stream knows what to do.
		process.stdout.on('error', (error: Error) => reportUnwritten(error)).write(bytes.subarray(written));
		return false;
	}
};

/** A reader that has left had what it wanted; a full disk means that nobody has the answer, and is a failure. */
export const reportUnwritten = (error: Error & {readonly code?: string}): void => {
	if (error.code === 'EPIPE') return;
	process.stderr.write(`ink-login: What was to be printed could not be written (${error.code ?? error.name}).\n`);
	process.exitCode = 1;
};
