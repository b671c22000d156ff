import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';

/** The keys that somebody presses before Ink is there to take them. */
export type EarlyKeys = {
	/** Stops, and leaves to whoever reads next what was not understood. */
	handOver(): void;
};

type Listener = {
	/** A key that may move the choice: `up`, `down` or a digit. */
	readonly onMove: (key: string) => void;
	/** In raw mode Ctrl-C is a key like others, and no signal. */
	readonly onInterrupt: () => void;
};

/** Arrows come in two forms, by the mode that the terminal's keypad is in; a digit before other text was pasted with it. */
const known = /^(?:\u001B[[O](?<arrow>[AB])|(?<digit>\d)(?=$|[\r\n\u001B]))/; // eslint-disable-line no-control-regex -- keys are that
const interrupt = 0x03;

/**
 * Takes the keys that the early frame understands. From the first other key on everything waits for Ink, in the order in
 * which it came.
 */
export const takeEarlyKeys = (stdin: Readable, {onMove, onInterrupt}: Listener): EarlyKeys => {
	let waiting = Buffer.alloc(0);
	const understand = (chunk: Buffer) => {
		// Inside a chunk it is a part of some sequence of the terminal's, or of what was pasted.
		if (chunk[0] === interrupt || chunk.at(-1) === interrupt) {
			onInterrupt();
			return;
		}

		waiting = Buffer.concat([waiting, chunk]);
		for (;;) {
			const {0: key = '', groups} = known.exec(waiting.toString('latin1')) ?? {};
			if (groups === undefined) return;
			onMove(groups['digit'] ?? (groups['arrow'] === 'A' ? 'up' : 'down'));
			waiting = waiting.subarray(key.length);
		}
	};
	const take = () => {
		for (let chunk; (chunk = stdin.read() as Buffer | null) !== null;) understand(chunk);
	};
	stdin.on('readable', take);
	return {
		handOver() {
			stdin.off('readable', take);
			if (waiting.length > 0) stdin.unshift(waiting);
			waiting = Buffer.alloc(0);
		},
	};
};
