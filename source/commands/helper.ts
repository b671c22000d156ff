import type {Readable} from 'node:stream';
import type {Command} from './command.js';
import {exitCodes} from './exit-codes.js';
import {belongsToProfile, formatGitCredential, parseGitCredential} from './git-credential.js';
import {openSession, openStore, readSession, signInFirst} from './open-profile.js';

/** All that comes before an empty line or the end: git may leave its end open. */
const readRequest = async (stdin: Readable): Promise<string> => {
	let text = '';
	for await (const chunk of stdin.setEncoding('utf8')) {
		text += chunk as string;
		if (/(?:^|\n)\r?\n/.test(text)) break;
	}

	return text;
};

/**
 * `ink-login helper git`: git's credential protocol (gitcredentials(7)). For a host that is not the profile's it says
 * nothing, so that git asks the next helper.
 */
export const run: Command = async (line, context) => {
	const {action, profile} = line;
	const {stdin, stdout, signals} = context;
	// What we have to store comes from `login`; actions of later versions are to be ignored.
	if (action !== 'get' && action !== 'erase') return exitCodes.done;
	const asked = parseGitCredential(await readRequest(stdin));
	const store = await openStore(line, context, 'use');
	const stored = await readSession(store, profile, context);
	if (stored === undefined || !belongsToProfile(asked, stored.provider)) return exitCodes.done;
	if (action === 'erase') {
		// git forgets what a server refused. The session is not lost by that: its token is renewed if it was this one.
		if (asked['password'] !== stored.tokens.accessToken || stored.dead === true) return exitCodes.done;
		await openSession(stored, store, line, context).engine.tokens({
			rejected: stored.tokens.accessToken,
			signal: signals.signal,
		});
		return exitCodes.done;
	}

	if (stored.dead === true) throw signInFirst(profile, true);
	const {engine} = openSession(stored, store, line, context);
	const {accessToken, expiresAt} = await engine.tokens({signal: signals.signal});
	stdout.write(
		formatGitCredential({
			// Servers that take a token over basic authentication ask for this name (GitLab) or for none in particular.
			username: asked['username'] ?? 'oauth2',
			password: accessToken,
			...(expiresAt !== undefined && {password_expiry_utc: String(Math.floor(expiresAt / 1000))}),
		}),
	);
	return exitCodes.done;
};
