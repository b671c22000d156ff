import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {LoginRun} from '../login/flow.js';

/** The link of the page where a browser ended, with or without its beginning, or what stands behind its `?`. */
const redirect = /^\s*(\S+:\/\/\S|\?\S*=|(\S*[?&])?(code|error|state)=|\S+\.\S+\/\S*\?)/i;

/** Whether a text may be what a browser flow waits for. */
export const looksLikeRedirect = (text: string): boolean => redirect.test(text);

/**
 * Takes lines from an input that look like the redirect's link as pasted, until disposed. The end of the input is not a
 * cancel: without a keyboard another flow may be under way.
 */
export const forwardPastes = (input: Readable, run: LoginRun): Disposable => {
	const lines = createInterface({input});
	lines.on('line', text => {
		if (looksLikeRedirect(text)) run.command({type: 'paste', text: text.trim()});
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
