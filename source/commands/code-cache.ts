import module from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {systemHome} from '../store/store-home.js';

/** Node.js 22.1 and later. */
type CompileCache = {enableCompileCache?(directory: string): unknown};

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder for compiled code; never a relative one, whose code would be that of whatever folder a command is run in. */
export const codeCacheFolder = (
	{INK_LOGIN_HOME: own, XDG_CACHE_HOME: cache, LOCALAPPDATA: local}: Environment,
	platform: NodeJS.Platform,
	userHome: () => string = systemHome,
): string => {
	if (own) return path.resolve(own, 'code-cache');
	const base = (platform === 'win32' ? local : cache) ?? '';
	return path.join(path.isAbsolute(base) ? base : path.join(userHome(), '.cache'), 'ink-login', 'code');
};

/**
 * Keeps compiled code between runs where Node.js can. Never in the shared temporary folder, its default: whoever can
 * write there could put code of their own in place of ours.
 */
export const enableCodeCache = (): void => {
	try {
		(module as CompileCache).enableCompileCache?.(codeCacheFolder(process.env, process.platform));
	} catch {
		// Somebody without a home folder does without; a store that needs one says so.
	}
};
