import {displayText} from '../../core/safe-text.js';
import {LoginError} from '../../core/errors.js';
import {errorCode} from './file-system.js';

export const storeError = (message: string, hint: string): LoginError => new LoginError('store_error', message, {hint});

export const keyringUnavailable = (what: string) =>
	storeError(`The system keyring ${what}.`, 'Unlock it, or sign in with --store file.');

/** Where no unlocking helps. */
export const keyringUnusable = (what: string) =>
	storeError(`The system keyring ${what}.`, 'Sign in with --store file.');

const elsewhere = 'set INK_LOGIN_HOME to a folder that only you can write to';

/** One sentence for what the file system refused; `path` is shown, the contents never. */
export const toStoreError = (error: unknown, path: string): LoginError => {
	if (error instanceof LoginError) return error;
	const place = displayText(path);
	const code = errorCode(error);
	switch (code) {
		case 'ENOSPC':
		case 'EDQUOT':
			return storeError(`The disk is full: nothing can be kept in ${place}.`, 'Make room, then try again.');
		case 'EROFS':
			return storeError(`${place} is on a read-only file system.`, `Make it writable, or ${elsewhere}.`);
		case 'EACCES':
		case 'EPERM':
			return storeError(`You have no right to use ${place}.`, `Give yourself that right, or ${elsewhere}.`);
		case 'ENOTDIR':
		case 'EEXIST':
			return storeError(`${place} cannot be used: a file is in the way.`, `Move that file away, or ${elsewhere}.`);
		default:
			return storeError(
				`${place} could not be used (${displayText(code ?? 'unknown error', 40)}).`,
				`Try again, or ${elsewhere}.`,
			);
	}
};
