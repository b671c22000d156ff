import {createReadStream} from 'node:fs';
import {displayText} from './safe-text.js';
import {errorCode, LoginError} from './errors.js';

/** Bytes; no key, secret or token comes near this. */
const maximumSize = 65_536;

const join = async (chunks: AsyncIterable<string | Uint8Array>): Promise<string | undefined> => {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of chunks) {
		text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, {stream: true});
		if (text.length > maximumSize) return undefined;
	}

	return text;
};

/**
 * Reads a key, a secret or a token, without the line end after it.
 *
 * @param source - a file, or what stdin gives
 * @param what - stands in the sentence of an error, as in "the client secret"
 * @throws LoginError `config_error` where it can't be read, is empty, or is far too large
 */
export const readSmallText = async (
	source: string | AsyncIterable<string | Uint8Array>,
	what: string,
): Promise<string> => {
	const isFile = typeof source === 'string';
	const name = isFile ? displayText(source) : 'Stdin';
	let content;
	try {
		content = await join(isFile ? (createReadStream(source) as AsyncIterable<Uint8Array>) : source);
	} catch (error) {
		const code = displayText(errorCode(error) ?? 'unreadable', 20);
		throw new LoginError('config_error', `Can't read ${what} from ${isFile ? name : 'stdin'} (${code}).`, {
			hint: 'Check the path, and that you can read the file.',
		});
	}

	if (content === undefined) {
		throw new LoginError('config_error', `${name} is too large to hold ${what}.`, {
			hint: 'Put it there, and nothing else.',
		});
	}

	const text = content.replace(/\r?\n$/, '');
	if (text !== '') return text;
	throw new LoginError('config_error', `${name} is empty, but should hold ${what}.`, {
		hint: 'Put it there, and nothing else.',
	});
};

/**
 * Reads a token, which has to fit into a header later (RFC 6749 Appendix A).
 *
 * @throws LoginError as {@link readSmallText} does, and for what is no token
 */
export const readToken = async (source: Parameters<typeof readSmallText>[0], what: string): Promise<string> =>
	checkGivenToken(await readSmallText(source, what), what);

/** @throws LoginError `config_error` for what is no token */
export const checkGivenToken = (text: string, what: string): string => {
	const token = text.trim();
	if (/^[\x21-\x7E]+$/.test(token)) return token;
	throw new LoginError('config_error', `The text given as ${what} has characters that no token can have.`, {
		hint: 'Put the token there on one line, and nothing else.',
	});
};
