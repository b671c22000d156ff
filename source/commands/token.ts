import {LoginError} from '../engine/login-error.js';
import {readClientSecret, secretSourceOf} from './client-secret.js';
import type {Command, Engine} from './command.js';
import {readExecInfo} from './exec-credential.js';
import {exitCodes, tokenExitCodeOf} from './exit-codes.js';
import {openProfile} from './open-profile.js';
import {isAboutSigningIn} from './options.js';
import type {ProviderChoice} from './provider.js';
import {sessionToken} from './session-token.js';
import {formatToken} from './token-format.js';

/** `ink-login token`: a fresh token on stdout, and nothing else there. */
export const run: Command = async (line, context) => {
	const {values, profile} = line;
	const {facts, stdout, signals, now} = context;
	const format = values.format ?? 'raw';
	const type = values.type ?? (format === 'kubernetes' ? 'id' : 'access');
	const print = async (engine: Engine) => {
		const printable = await sessionToken(type, {engine, profile, signal: signals.signal, now});
		stdout.write(formatToken(format, printable, facts.env));
		return exitCodes.done;
	};

	let wanted: ProviderChoice | undefined;
	if (Object.keys(values).some(isAboutSigningIn)) {
		const source = secretSourceOf(values);
		const {readProvider} = await import('./provider.js');
		wanted = readProvider(values, {clientSecret: source && readClientSecret(source, facts.env, context.stdin)});
	}

	// A call that cannot be answered is told before anybody signs in for it.
	const unattended = format === 'kubernetes' && !readExecInfo(facts.env).interactive;
	try {
		const {engine} = await openProfile(line, context, wanted);
		return await print(engine);
	} catch (error) {
		const needsLogin = error instanceof LoginError && tokenExitCodeOf(error.code) === exitCodes.personRequired;
		if (!needsLogin || !values.login) throw error;
	}

	const {signIn} = await import('./login.js');
	const {exitCode, engine} = await signIn(line, context, {stdoutIsData: true, unattended});
	return exitCode === exitCodes.done && engine !== undefined ? print(engine) : exitCode;
};
