import {toLoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {StoredSession} from '../../session/types.js';
import {jsonLine} from '../../text/ndjson.js';
import {exitCodes, tokenExitCodeOf} from '../errors.js';
import {loginText} from '../command-text.js';
import type {SessionUse} from '../session.js';
import {belongsToProfile, readRequest, serversOf, tokenUser} from './git-credential.js';

/** By these words docker knows that there is nothing, and continues without credentials. */
const notFound = 'credentials not found in native keychain';

/** Whether docker may have the profile's token for a registry: by git's rule, for what docker calls one, often a host alone. */
const isOurs = (registry: string, {provider}: StoredSession): boolean => {
	const [, protocol, host = ''] = /^(?:(https?):\/\/)?([^/]+)/.exec(registry) ?? [];
	const protocols = protocol === undefined ? ['https', 'http'] : [protocol];
	return protocols.some(protocol => belongsToProfile({protocol, host}, provider));
};

const secretOf = (text: string): unknown => {
	try {
		return (JSON.parse(text) as {readonly Secret?: unknown} | null)?.Secret;
	} catch {
		return undefined;
	}
};

/**
 * The protocol of docker's credential helpers: a word, a registry on stdin, and on stdout JSON, or a sentence where the
 * exit code is not 0. The token is the password of a user, as registries take it; `<token>` for a user would make it one
 * that docker trades for another at the registry's own server.
 */
export const respondToDocker = async (
	{action, profile}: Parameters<SessionUse>[0],
	{stdin, stdout}: Parameters<SessionUse>[1],
	session?: Parameters<SessionUse>[2],
): Promise<number> => {
	const fail = (sentence: string, code: number) => {
		stdout.write(`${displayText(sentence, 1000)}\n`);
		return code;
	};
	switch (action) {
		case 'get': {
			const registry = (await readRequest(stdin)).trim();
			if (session === undefined || !isOurs(registry, session.stored)) return fail(notFound, exitCodes.failed);
			try {
				const {accessToken} = await session.tokens();
				stdout.write(jsonLine({ServerURL: registry, Username: tokenUser, Secret: accessToken}));
				return exitCodes.done;
			} catch (error) {
				const {code, message, hint} = toLoginError(error);
				return fail(`${message} ${hint}`, tokenExitCodeOf(code));
			}
		}

		case 'list': {
			const known = session === undefined ? [] : serversOf(session.stored.provider);
			const origins = known.filter(({protocol}) => /^https?:$/.test(protocol)).map(({origin}) => [origin, tokenUser]);
			stdout.write(jsonLine(Object.fromEntries(origins)));
			return exitCodes.done;
		}

		// After a login with what `get` has said, docker has it stored.
		case 'store': {
			const secret = secretOf(await readRequest(stdin));
			return session !== undefined && secret === session.stored.tokens.accessToken
				? exitCodes.done
				: fail(
						`ink-login doesn't save passwords. Instead of docker login, run: ${loginText(profile)}`,
						exitCodes.failed,
					);
		}

		// `docker logout` ends no session that other programs use; words of later versions are to be ignored.
		default:
			return exitCodes.done;
	}
};
