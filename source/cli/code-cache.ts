import {lstatSync, readdirSync, realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {checkFolder, isPrivateFolder, nodeFileSystem} from '../session/store/file-system.js';
import {stateDirectory} from '../session/store/session-file.js';

/** Node.js 22.1 and later. */
type CompileCache = {enableCompileCache?(directory: string): unknown};

/**
 * Whether only we and root can replace what is in this folder, or in those above it: Node.js opens compiled code by name,
 * and checks nothing that an attacker couldn't know.
 */
const isSteady = (folder: string): boolean => {
	const {uid, mode} = lstatSync(folder);
	const isSteadyItself = (uid === 0 || uid === process.geteuid?.()) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
	const above = dirname(folder);
	return isSteadyItself && (above === folder || isSteady(above));
};

/**
 * The folder for compiled code, in the folder of the sessions if that exists already. Nobody else may ever have been able
 * to put their code there: it is ours and closed to others, and so is each version's folder in it.
 *
 * @returns undefined where there is none that can be trusted
 */
export const codeCacheFolder = (home: string): string | undefined => {
	if (checkFolder(nodeFileSystem, home) === undefined) return undefined;
	const folder = join(realpathSync(home), 'code-cache');
	if (nodeFileSystem.userId() === undefined) return folder;
	if (!isSteady(dirname(folder))) return undefined;
	nodeFileSystem.makeFolder(folder);
	const isPrivate = (each: string) => isPrivateFolder(nodeFileSystem, nodeFileSystem.fileInfo(each));
	const isOurs =
		isPrivate(folder) &&
		readdirSync(folder, {withFileTypes: true})
			.filter(entry => !entry.isFile())
			.every(({name}) => isPrivate(join(folder, name)));
	return isOurs ? folder : undefined;
};

/** Keeps compiled code between runs where Node.js can, and where the folder for it can be trusted. */
export const enableCodeCache = (): void => {
	const node = process.getBuiltinModule('node:module') as CompileCache;
	if (node.enableCompileCache === undefined) return;
	// Node.js makes its version's folder with what the umask leaves.
	const umask = process.umask(0o077);
	try {
		const folder = codeCacheFolder(stateDirectory(process.env, process.platform));
		if (folder !== undefined) node.enableCompileCache(folder);
	} catch {
		// A folder that the store refuses, or none at all, is said by the store.
	} finally {
		process.umask(umask);
	}
};
