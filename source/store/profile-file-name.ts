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
	// Loaded here because hardly any name needs it, and every `token` would pay for it.
	process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex').slice(0, 40);
