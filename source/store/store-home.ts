import os from 'node:os';
import path from 'node:path';
import {displayText} from '../engine/display-text.js';
import {storeError} from './store-error.js';

type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

const name = 'ink-login';

/**
 * The user's home directory. Node.js takes HOME for it as it is: one that is empty or relative would be another folder
 * wherever a command is run, with whatever lies there.
 *
 * @throws LoginError `store_error` for a user without one, as in a container that runs under any number
 */
export const homeDirectory = (): string => {
	for (const read of [os.homedir, () => os.userInfo().homedir]) {
		try {
			const home = read();
			if (path.isAbsolute(home)) return home;
		} catch {
			// The system knows no such user.
		}
	}

	throw storeError('You have no home directory to keep anything in.', 'Set INK_LOGIN_HOME to a folder of your own.');
};

/**
 * The folder that everything is kept in: `INK_LOGIN_HOME`, else the platform's place for a program's own state.
 *
 * @throws LoginError `store_error` for a relative `INK_LOGIN_HOME`: its sessions would be those of any folder that a
 * command is run in, and so would the compiled code (code-cache.ts)
 * @param findHome - finds the user's home directory, where that is needed
 */
export const stateDirectory = (
	environment: EnvironmentVariables,
	platform: NodeJS.Platform,
	findHome: () => string = homeDirectory,
): string => {
	const paths = platform === 'win32' ? path.win32 : path.posix;
	const own = environment['INK_LOGIN_HOME'];
	if (own !== undefined && own !== '') {
		if (paths.isAbsolute(own)) return paths.resolve(own);
		throw storeError(
			`INK_LOGIN_HOME is a relative path (${displayText(own)}), which means another folder wherever a command is run.`,
			'Set it to an absolute path.',
		);
	}

	if (platform === 'win32') {
		const local = environment['LOCALAPPDATA'] ?? '';
		return paths.join(paths.isAbsolute(local) ? local : paths.join(findHome(), 'AppData', 'Local'), name);
	}

	if (platform === 'darwin') return paths.join(findHome(), 'Library', 'Application Support', name);
	// XDG Base Directory Specification: a relative path is invalid, and ignored.
	const state = environment['XDG_STATE_HOME'] ?? '';
	return paths.join(paths.isAbsolute(state) ? state : paths.join(findHome(), '.local', 'state'), name);
};
