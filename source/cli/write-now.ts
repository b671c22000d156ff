import {writeSync} from 'node:fs';

/** What stdin is read from. */
export type Input = AsyncIterable<string | Uint8Array>;

/** Where text goes. */
export type Output = {readonly write: (text: string) => unknown};

/**
 * Writes to stdout without the stream of `process.stdout`, which takes longer to make than a token to find.
 *
 * @returns whether all of it is written; the rest is on its way otherwise
 */
export const writeNow = (text: string): boolean => {
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

/** Resolves once nothing waits to be written. */
export const written = async (stream: NodeJS.WriteStream): Promise<void> =>
	new Promise(resolve => {
		// A failed write is told one tick later.
		if (stream.destroyed || stream.writableLength === 0) setImmediate(resolve);
		else stream.write('', () => resolve());
	});

/** What comes on stdin, without the stream of `process.stdin`. */
export async function* readAtOnce(): AsyncGenerator<Uint8Array> {
	const chunk = Buffer.alloc(4096);
	try {
		for (;;) {
			const length = process.getBuiltinModule('node:fs').readSync(0, chunk);
			if (length === 0) return;
			yield Uint8Array.prototype.slice.call(chunk, 0, length);
		}
	} catch {
		// Nothing there yet, in a pipe that does not wait; on Windows, its end.
		yield* process.stdin as AsyncIterable<Buffer>;
	}
}

/** A reader that has left had what it wanted; a full disk means that nobody has it, and is a failure. */
export const reportUnwritten = (error: Error & {readonly code?: string}): void => {
	if (error.code === 'EPIPE') return;
	process.stderr.write(`ink-login: The output couldn't be written (${error.code ?? error.name}).\n`);
	process.exitCode = 1;
};

/** The code to exit with: a command whose output could not be written has failed. */
export const afterWriting = (code: number): number => (code === 0 && process.exitCode ? 1 : code);
