import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const name = 'ink-login';

/**
 * The folder that everything is kept in: `INK_LOGIN_HOME`, else the platform's place for a program's own state.
 *
 * @param userHome - the user's home folder, for a user without a HOME
 */
export const storeHome = (environment: Environment, platform: NodeJS.Platform, userHome: string): string => {
	const paths = platform === 'win32' ? path.win32 : path.posix;
	const own = environment['INK_LOGIN_HOME'];
	if (own !== undefined && own !== '') return paths.resolve(own);
	if (platform === 'win32')
		return paths.join(environment['LOCALAPPDATA'] ?? paths.join(userHome, 'AppData', 'Local'), name);
	if (platform === 'darwin') return paths.join(userHome, 'Library', 'Application Support', name);
	// XDG Base Directory Specification: a relative path is invalid, and ignored.
	const state = environment['XDG_STATE_HOME'] ?? '';
	return paths.join(paths.isAbsolute(state) ? state : paths.join(userHome, '.local', 'state'), name);
};
