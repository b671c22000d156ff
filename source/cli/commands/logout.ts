import {displayText, quoted} from '../../core/safe-text.js';
import type {Command} from '../context.js';
import {exitCodeOf, exitCodes, tellFailure} from '../errors.js';
import {profilesLine} from '../command-text.js';
import {openSession, storeFor, readSession} from '../session.js';
import type {StoredSession} from '../../session/types.js';
import type {LogoutResult} from '../../oauth/revocation.js';

const sentenceOf = (profile: string, {outcome, reason}: LogoutResult): string => {
	const name = quoted(profile, 60);
	switch (outcome) {
		case 'revoked':
			return `Signed out of ${name}. The server has revoked the session.`;
		case 'not-supported':
			return `Signed out of ${name}. The server can't revoke tokens, so they work until they expire.`;
		case 'no-session':
			return `Nobody was signed in to ${name}.`;
		case 'not-revoked': {
			const why = reason === undefined ? '' : ` ${displayText(reason, 400)}`;
			return `Signed out of ${name} here, but the server didn't revoke the session.${why}`;
		}
	}
};

/** `ink-login logout`: revokes and deletes the tokens, and says which of the two happened; the server stays known. */
export const runLogout: Command = async (line, context) => {
	const {stderr, signals} = context;
	const {all = false, forget = false} = line.values;
	const store = await storeFor(line, context);
	const known = forget ? await store.list('preferences') : [];
	const profiles = all ? [...new Set([...(await store.list()), ...known])] : [line.profile];
	if (profiles.length === 0) stderr.write('Nobody was signed in.\n');
	const removeRemains = async (profile?: string) => {
		if (await store.removeRemains?.(profile)) stderr.write('Deleted what earlier sessions left behind.\n');
	};
	/** A full disk keeps nobody from signing out. */
	const remember = async (profile: string, {provider, clientSecretSource, caFile}: StoredSession) =>
		store
			.writePreferences(profile, {
				...(await store.readPreferences(profile)),
				server: {provider, clientSecretSource, caFile},
			})
			.catch(() => undefined);
	const signOut = async (profile: string): Promise<LogoutResult> => {
		const stored = await readSession(store, profile, context);
		if (forget) await store.writePreferences(profile, {});
		else if (stored !== undefined) await remember(profile, stored);
		if (stored !== undefined) {
			return openSession(stored, store, {...line, profile}, context).engine.logout({signal: signals.signal, forget});
		}

		await removeRemains(profile);
		return {outcome: 'no-session'};
	};
	let exitCode: number = exitCodes.done;
	for (const profile of profiles) {
		if (signals.signal.aborted) break;
		try {
			const result = await signOut(profile);
			const wasSignedIn = result.outcome !== 'no-session';
			const forgot = forget && (wasSignedIn || known.includes(profile)) ? ' Forgot its server and client ID.' : '';
			const others = wasSignedIn || all ? '' : profilesLine(await store.list());
			stderr.write(`${sentenceOf(profile, result)}${forgot}${others}\n`);
			// A script should notice that the server may still accept the tokens.
			if (result.outcome === 'not-revoked') exitCode = exitCodes.failed;
		} catch (error) {
			// One that cannot be read keeps nobody from leaving the others.
			if (all) stderr.write(`Couldn't sign out of ${quoted(profile, 60)}:\n`);
			exitCode = tellFailure(error, stderr, exitCodeOf);
		}
	}

	if (all) await removeRemains();
	return signals.signal.aborted ? exitCodes.cancelled : exitCode;
};
