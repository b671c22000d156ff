import type {TokenStore} from '../../session/types.js';
import type {Command, CommandContext} from '../context.js';
import {exitCodes} from '../errors.js';
import type {CommandLine} from '../parse-args.js';
import {openSession, storeFor, readSession, sessionEnded, stillPending} from '../session.js';
import {belongsToProfile, parseGitCredential, readRequest, respondToGit} from './git-credential.js';

/** Without a session git asks the next helper, unless someone has been asked to sign in to that very server. */
const refuseWhilePending = async (
	{action, profile}: CommandLine,
	context: CommandContext,
	store: TokenStore,
): Promise<number> => {
	if (action !== 'get') return exitCodes.done;
	const asked = parseGitCredential(await readRequest(context.stdin));
	const failure = await stillPending(store, profile, context, provider => belongsToProfile(asked, provider));
	if (failure !== undefined) throw failure;
	return exitCodes.done;
};

/** `ink-login helper git` and `helper docker`: git's credential protocol (gitcredentials(7)), and docker's. */
export const runHelper: Command = async (line, context) => {
	const {helper, action, profile} = line;
	// What we have to store comes from `login`; actions of later versions are to be ignored.
	if (helper === 'git' && action !== 'get' && action !== 'erase') return exitCodes.done;
	const docker = helper === 'docker' ? (await import('./docker-credential.js')).respondToDocker : undefined;
	const store = await storeFor(line, context);
	const stored = await readSession(store, profile, context);
	if (stored === undefined) return docker?.(line, context) ?? refuseWhilePending(line, context, store);
	const tokens = async (): Promise<never> => {
		throw await sessionEnded(store, profile, context);
	};
	const session = stored.dead === true ? {stored, tokens} : openSession(stored, store, line, context);
	return (docker ?? respondToGit)(line, context, session);
};
