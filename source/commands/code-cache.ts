import module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Node.js 22.1 and later. */
type CompileCache = {enableCompileCache?(directory: string): unknown};

const directory = ({INK_LOGIN_HOME: home, XDG_CACHE_HOME: cache, LOCALAPPDATA: local}: NodeJS.ProcessEnv): string => {
	if (home) return path.join(home, 'code-cache');
	const base = process.platform === 'win32' ? local : cache;
	return path.join(base ?? path.join(os.homedir(), '.cache'), 'ink-login', 'code');
};

/**
 * Keeps compiled code between runs where Node.js can. Never in the shared temporary folder, its default: whoever can
 * write there could put code of their own in place of ours.
 */
export const enableCodeCache = (): void => {
	(module as CompileCache).enableCompileCache?.(directory(process.env));
};
