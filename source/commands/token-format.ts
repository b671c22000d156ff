import {LoginError} from '../engine/login-error.js';
import {jsonLine} from '../sinks/ndjson.js';
import {execCredential} from './exec-credential.js';
import type {PrintableToken} from './printable-token.js';

export type TokenFormat = 'raw' | 'json' | 'header' | 'kubernetes';

/**
 * What stdout gets.
 *
 * @throws LoginError where the token cannot be given in that form
 */
export const formatToken = (
	format: TokenFormat,
	printable: PrintableToken,
	env: Readonly<Record<string, string | undefined>>,
): string => {
	switch (format) {
		case 'raw': {
			return printable.token + '\n';
		}

		case 'json': {
			return jsonLine(printable);
		}

		case 'header': {
			if (printable.tokenType === 'bearer') return `Authorization: Bearer ${printable.token}\n`;
			throw new LoginError('config_error', 'This token is not a bearer token: no such header can be made of it.', {
				hint: 'Take --format raw or --format json.',
			});
		}

		case 'kubernetes': {
			return jsonLine(execCredential(printable, env));
		}
	}
};
