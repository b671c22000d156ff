import {homedir, userInfo} from 'node:os';
import {isAbsolute, posix, win32} from 'node:path';
import {displayText, isTokenText} from '../../core/safe-text.js';
import {flows, isObject, type EnvironmentVariables} from '../../core/types.js';
import type {KnownServer, StoredSession, ProfilePreferences} from '../types.js';
import {checkFolder, readOwnFile, storeError, UnusableFileError, type FileSystem, type OwnFile} from './file-system.js';

/** What our own command keeps its things by. */
export const ownName = 'ink-login';

/**
 * The user's home directory. Node.js takes HOME for it as it is: one that is empty or relative would be another folder
 * wherever a command is run, with whatever lies there.
 *
 * @throws LoginError `store_error` for a user without one, as in a container that runs under any number
 */
export const homeDirectory = (): string => {
	for (const read of [homedir, () => userInfo().homedir]) {
		try {
			const home = read();
			if (isAbsolute(home)) return home;
		} catch {
			// The system knows no such user.
		}
	}

	throw storeError("There's no home directory to save anything in.", 'Set INK_LOGIN_HOME to a folder of your own.');
};

/**
 * The folder that everything is kept in: `INK_LOGIN_HOME`, otherwise the platform's place for a program's own state.
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
	const paths = platform === 'win32' ? win32 : posix;
	const own = environment['INK_LOGIN_HOME'];
	if (own !== undefined && own !== '') {
		if (paths.isAbsolute(own)) return paths.resolve(own);
		throw storeError(
			`INK_LOGIN_HOME is a relative path (${displayText(own)}), so it's a different folder wherever this program is run.`,
			'Set it to an absolute path.',
		);
	}

	if (platform === 'win32') {
		const local = environment['LOCALAPPDATA'] ?? '';
		return paths.join(paths.isAbsolute(local) ? local : paths.join(findHome(), 'AppData', 'Local'), ownName);
	}

	if (platform === 'darwin') return paths.join(findHome(), 'Library', 'Application Support', ownName);
	// XDG Base Directory Specification: a relative path is invalid, and ignored.
	const state = environment['XDG_STATE_HOME'] ?? '';
	return paths.join(paths.isAbsolute(state) ? state : paths.join(findHome(), '.local', 'state'), ownName);
};

/** Longer names end in a fingerprint: file systems take 255 bytes, and the suffixes of temporary files need theirs. */
const longestName = 120;

/**
 * A file name for a profile, the same on every file system: what is neither a lower-case letter, a digit, `-` nor `_`
 * is written as `=` and two hexadecimal digits a byte, so that `../x`, `CON`, `Work` and `work` are four harmless and
 * different names. The prefix keeps clear of the device names that Windows sees in any folder.
 */
export const profileFileName = (profile: string): string => {
	const name = Array.from(Buffer.from(profile, 'utf8'), byte => {
		const character = String.fromCharCode(byte);
		return /[a-z\d_-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
	}).join('');
	if (name.length <= longestName) return `profile-${name}`;
	return `profile-${name.slice(0, 60).replace(/=.?$/, '')}==${fingerprint(profile)}`;
};

/** The profile of a file name; undefined where only the file itself knows, its name being too long to be spelt out. */
export const profileOfFileName = (fileName: string): string | undefined => {
	const name = fileName.slice('profile-'.length);
	if (name.includes('==')) return undefined;
	const bytes = name.match(/=[\da-f]{2}|[^=]/g) ?? [];
	return Buffer.from(
		bytes.map(byte => (byte.startsWith('=') ? parseInt(byte.slice(1), 16) : byte.charCodeAt(0))),
	).toString('utf8');
};

const fingerprint = (text: string): string =>
	// Loaded here because few names need it, and every `token` would pay for it.
	process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 40);

/** What a profile's file holds: the session as it is, or encrypted. It names its profile, so that no file is taken for another. */
export type SessionFile = {readonly version: 1; readonly profile: string} & (
	| {readonly session: StoredSession}
	| {
			/** Base64 of nonce, ciphertext and tag (encryption.ts). */
			readonly encrypted: string;
	  }
);

/**
 * Others may have written a file that was open to them. So it may not say where a secret of ours is read from, since it
 * also names the server that gets it, nor which certificates are trusted. The rest is theirs, or they have seen it.
 */
const trusted = <Known extends KnownServer>(known: Known, wasOpen: boolean): Known => {
	if (!wasOpen) return known;
	const {caFile: _, clientSecretSource: source, ...rest} = known;
	const {workloadIdentity: __, ...provider} = known.provider;
	return {...rest, provider, ...(source && {clientSecretSource: {stdin: true}})} as Known;
};

/**
 * @throws UnusableFileError for what nobody can read
 * @throws LoginError for what a later version of this program wrote: that is another's session, and stays where it is
 */
export const parseSessionFile = ({data, wasOpen}: OwnFile, profile: string): SessionFile => {
	const file = parseObject(data.toString('utf8'));
	checkVersion(file);
	if (file['profile'] !== profile) throw new UnusableFileError('belongs to another profile');
	// Sessions of before the first release call it `sealed`.
	const encrypted = file['encrypted'] ?? file['sealed'];
	if (typeof encrypted === 'string') return {version: 1, profile, encrypted};
	return {version: 1, profile, session: trusted(checkSession(file['session']), wasOpen)};
};

export const parseSession = (text: string): StoredSession => checkSession(parseObject(text));

const parseObject = (text: string): Record<string, unknown> => {
	try {
		const value: unknown = JSON.parse(text);
		if (isObject(value)) return value;
	} catch {
		// Said below.
	}

	throw new UnusableFileError('is damaged');
};

const checkVersion = ({version}: Record<string, unknown>): void => {
	if (version === 1) return;
	if (typeof version !== 'number' || !(version > 1)) throw new UnusableFileError('is damaged');
	throw storeError(
		'The session was written by a newer version of this program.',
		'Update this program, or sign in under another profile.',
	);
};

/** Looks at what every reader relies on; the rest was checked before it was written. */
const checkSession = (value: unknown): StoredSession => {
	if (!isObject(value)) throw new UnusableFileError('is damaged');
	checkVersion(value);
	const {tokens, server} = value;
	// Before the first release it was called `route`.
	const flow = value['flow'] ?? value['route'];
	const isWhole =
		isObject(tokens) &&
		isObject(server) &&
		isTokenText(tokens['accessToken']) &&
		isMissingOr(tokens['refreshToken'], isTokenText) &&
		isMissingOr(tokens['idToken'], isTokenText) &&
		isMissingOr(tokens['claims'], claims => isObject(claims) && typeof claims['exp'] === 'number') &&
		isMissingOr(tokens['identity'], isIdentity) &&
		isMissingOr(tokens['expiresAt'], Number.isFinite) &&
		isMissingOr(tokens['sessionExpiresAt'], Number.isFinite) &&
		typeof tokens['tokenType'] === 'string' &&
		typeof tokens['issuedAt'] === 'number' &&
		typeof tokens['scope'] === 'string' &&
		typeof server['issuer'] === 'string' &&
		typeof flow === 'string' &&
		flows.some(name => name === flow) &&
		isMissingOr(value['requestedScope'], scope => typeof scope === 'string') &&
		isKnownServer(value);
	if (!isWhole) throw new UnusableFileError('is damaged');
	return {...value, flow} as unknown as StoredSession;
};

const isKnownServer = (value: unknown): value is KnownServer =>
	isObject(value) &&
	isObject(value['provider']) &&
	typeof value['provider']['issuer'] === 'string' &&
	typeof value['provider']['clientId'] === 'string' &&
	isMissingOr(value['clientSecretSource'], isObject) &&
	isMissingOr(value['caFile'], file => typeof file === 'string');

const isMissingOr = (value: unknown, check: (value: unknown) => boolean): boolean =>
	value === undefined || check(value);

const isIdentity = (value: unknown): boolean =>
	isObject(value) &&
	[value['issuer'], value['subject'], value['name'] ?? '', value['email'] ?? ''].every(
		text => typeof text === 'string',
	);

/** The file of a profile in the folder of the sessions. */
export const profilePath = (directory: string, profile: string, extension: string): string =>
	`${directory}/${profileFileName(profile)}${extension}`;

/**
 * What the file of a profile holds, read on the fast path: nothing is set aside or told.
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
export const parsePreferences = (text = '{}', wasOpen = false): ProfilePreferences => {
	try {
		const saved = JSON.parse(text) as Record<string, unknown>;
		const flow = saved['flow'] ?? saved['route'];
		const {server} = saved;
		return {
			...((flow === 'browser' || flow === 'device') && {flow}),
			...(isKnownServer(server) && {server: trusted(server, wasOpen)}),
		};
	} catch {
		return {};
	}
};

export const readPreferencesFile = (fileSystem: FileSystem, directory: string, profile: string): ProfilePreferences => {
	try {
		const file = readOwnFile(fileSystem, profilePath(directory, profile, '.preferences.json'));
		return parsePreferences(file?.data.toString('utf8'), file?.wasOpen);
	} catch {
		return {};
	}
};
