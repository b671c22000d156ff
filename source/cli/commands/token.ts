import {LoginError} from '../../core/errors.js';
import type {Command} from '../context.js';
import {exitCodes, tokenExitCodeOf} from '../errors.js';
import {openProfile} from '../session.js';
import {printToken, readExecInfo} from '../token-format.js';

/** `ink-login token`: a fresh token, after a login where there is no session and `--login` is given. */
export const runToken: Command = async (line, context) => {
	const {format, login} = line.values;
	// A call that cannot be answered is told before anybody signs in for it.
	const unattended = format === 'kubernetes' && !readExecInfo(context.environment.env).interactive;
	try {
		return await printToken(line, context, await openProfile(line, context));
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
