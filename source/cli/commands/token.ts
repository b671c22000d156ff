import {LoginError} from '../../core/errors.js';
import type {Command} from '../context.js';
import {exitCodes, tokenExitCodeOf} from '../errors.js';
import {openProfile} from '../session.js';
import {printToken, readExecInfo} from '../token-format.js';

/**
 * Milliseconds in which a token counts as one that another caller has just renewed: of those who hear of one 401 at the
 * same time, some start when the first is done.
 */
const justNow = 10_000;

/** `ink-login token`: a fresh token, after a login where there is no session and `--login` is given. */
export const runToken: Command = async (line, context) => {
	const {format, login, refresh} = line.values;
	// Better to refuse a call that can't succeed before someone signs in for it.
	const unattended = format === 'kubernetes' && !readExecInfo(context.environment.env).interactive;
	try {
		const session = await openProfile(line, context);
		const {tokens, signedInAt = 0} = session.stored;
		const {accessToken, issuedAt} = tokens;
		// Nobody has renewed what the login brought.
		const isRenewed = issuedAt > signedInAt && context.now() - issuedAt < justNow;
		const isRefused = refresh === true && !isRenewed;
		return await printToken(line, context, {
			tokens: async options => session.tokens({...options, ...(isRefused && {rejected: accessToken})}),
		});
	} catch (error) {
		const needsLogin = error instanceof LoginError && tokenExitCodeOf(error.code) === exitCodes.personRequired;
		if (!needsLogin || !login) throw error;
	}

	const {signIn} = await import('./login.js');
	const {exitCode, engine} = await signIn(line, context, {stdoutIsData: true, unattended});
	if (exitCode === exitCodes.pending) return exitCodes.personRequired;
	if (exitCode !== exitCodes.done || engine === undefined) return exitCode;
	const {signal} = context.signals;
	return printToken(line, context, {tokens: async options => engine.tokens({...options, signal})});
};
