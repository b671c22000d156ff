import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {LoginRun} from '../engine/flow.js';

/** The address of the page where a browser ended, or what stands behind its `?`. */
const redirectLike = /^\s*(https?:\/\/\S|\?\S*=|(\S*[?&])?(code|error|state)=)/i;

/**
 * Gives lines that look like a redirect's address to the login. The end of the input is not a cancel: whoever waits
 * without a keyboard may have another way under way.
 */
export const forwardPastes = (input: Readable, run: LoginRun): Disposable => {
	const lines = createInterface({input});
	lines.on('line', text => {
		if (redirectLike.test(text)) run.command({type: 'paste', text: text.trim()});
	});
	// A terminal that went away is the same as an end.
	input.on('error', () => lines.close());
	return {
		[Symbol.dispose]() {
			lines.close();
			input.pause();
		},
	};
};
