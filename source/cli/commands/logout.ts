import {displayText} from '../../core/safe-text.js';
import type {Command} from '../context.js';
import {exitCodeOf, exitCodes, tellFailure} from '../errors.js';
import {openSession, storeFor, readSession} from '../session.js';
import type {LogoutResult} from '../../oauth/revocation.js';

const quoted = (profile: string): string => `"${displayText(profile, 60)}"`;

const sentenceOf = (profile: string, {outcome, reason}: LogoutResult): string => {
	const name = quoted(profile);
	switch (outcome) {
		case 'revoked': {
			return `Signed out of ${name}: the server has revoked the session, and it is forgotten here.`;
		}

		case 'not-supported': {
			return `Signed out of ${name}: forgotten here. The server names no revocation endpoint, so its tokens end by themselves.`;
		}

		case 'no-session': {
			return `Nobody was signed in to ${name}.`;
		}

		case 'not-revoked': {
			const why = reason === undefined ? '' : ` ${displayText(reason, 400)}`;
			return `Forgotten here, but the server did not revoke the session of ${name}.${why}`;
		}
	}
};

/** `ink-login logout`: revokes and forgets, and says which of the two happened. */
export const runLogout: Command = async (line, context) => {
	const {stderr, signals} = context;
	const store = await storeFor(line, context);
	const profiles = line.values.all ? await store.list() : [line.profile];
	if (profiles.length === 0) stderr.write('Nobody was signed in.\n');
	const removeRemains = async (profile?: string) => {
		if (await store.removeRemains?.(profile)) stderr.write('What earlier sessions had left behind is deleted.\n');
	};
	const signOut = async (profile: string): Promise<LogoutResult> => {
		const stored = await readSession(store, profile, context);
		if (stored === undefined) {
			await removeRemains(profile);
			return {outcome: 'no-session'};
		}

		return openSession(stored, store, {...line, profile}, context).engine.logout({signal: signals.signal});
	};
	let exitCode: number = exitCodes.done;
	for (const profile of profiles) {
		if (signals.signal.aborted) break;
		try {
			const result = await signOut(profile);
			stderr.write(`${sentenceOf(profile, result)}\n`);
			// What the server may still honour is worth more than a sentence to a script.
			if (result.outcome === 'not-revoked') exitCode = exitCodes.failed;
		} catch (error) {
			// One that cannot be read keeps nobody from leaving the others.
			if (line.values.all) stderr.write(`Not signed out of ${quoted(profile)}:\n`);
			exitCode = tellFailure(error, stderr, exitCodeOf);
		}
	}

	if (line.values.all) await removeRemains();
	return signals.signal.aborted ? exitCodes.cancelled : exitCode;
};
