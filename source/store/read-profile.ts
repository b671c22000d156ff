import type {ProfilePreferences} from '../engine/token-store.js';
import {checkFolder, readOwnFile} from './atomic-file.js';
import type {FileSystem} from './file-system.js';
import {profileFileName} from './profile-file-name.js';
import {parseSessionFile, type SessionFile} from './session-file.js';

/** The file of a profile in the folder of the sessions. */
export const profilePath = (directory: string, profile: string, extension: string): string =>
	`${directory}/${profileFileName(profile)}${extension}`;

/**
 * What the file of a profile holds, for those who are in a hurry: nothing is set aside or told.
 *
 * @throws UnusableFileError or LoginError where the store itself has something to do or to say
 */
export const readSessionFile = (
	fileSystem: FileSystem,
	directory: string,
	profile: string,
): SessionFile | undefined => {
	if (checkFolder(fileSystem, directory) === undefined) return undefined;
	const file = readOwnFile(fileSystem, profilePath(directory, profile, '.json'));
	return file && parseSessionFile(file, profile);
};

/** A preference that cannot be read is none: nothing is lost that a key press does not bring back. */
export const readPreferencesFile = (fileSystem: FileSystem, directory: string, profile: string): ProfilePreferences => {
	try {
		const file = readOwnFile(fileSystem, profilePath(directory, profile, '.preferences.json'));
		const {flow} = JSON.parse(file?.data.toString('utf8') ?? '{}') as ProfilePreferences;
		return flow === 'browser' || flow === 'device' ? {flow} : {};
	} catch {
		return {};
	}
};
