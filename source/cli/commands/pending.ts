import {displayText} from '../../core/safe-text.js';
import {LoginError, toLoginError} from '../../core/errors.js';
import {login} from '../../login.js';
import {listPending, markCancelled, providerOf, readPending, type PendingLogin} from '../../login/pending-record.js';
import {applicationOrHost} from '../../oauth/provider.js';
import type {TokenStore} from '../../session/types.js';
import {createLoginTerminal} from '../../terminal/login-terminal.js';
import {timeOfDay} from '../../text/dates.js';
import {jsonLine} from '../../text/ndjson.js';
import {profileText} from '../command-text.js';
import type {Command, CommandContext} from '../context.js';
import {exitCodeOf, exitCodes} from '../errors.js';
import type {CommandLine} from '../parse-args.js';
import {pastesFrom, pendingOptionsOf} from '../pending-login.js';
import {engineAt, prepareStore, storeFor, tell} from '../session.js';

const engineOf = (begun: PendingLogin, store: TokenStore, line: CommandLine, context: CommandContext) => {
	const provider = providerOf(begun);
	return engineAt(provider, {...begun, provider}, store, {...line, profile: begun.profile}, context);
};

/** `login --resume ID`: continues a login as it was begun. */
const resume = async (line: CommandLine, context: CommandContext, found: TokenStore, id: string): Promise<number> => {
	const {values} = line;
	const {environment, signals} = context;
	const pending = pendingOptionsOf(values, environment, found, id);
	const begun = await readPending(found, id);
	// Who began it reaches no keyring, or wants none.
	const store = begun.store === 'file' ? await context.openStore(values.store ?? 'file') : found;
	const notices = await prepareStore(store);
	const engine = engineOf(begun, store, line, context);
	const show = values.json ? 'ndjson' : values['screen-reader'] ? 'spoken' : 'plain';
	const stream = show === 'ndjson' || environment.tty.stdout ? 'stdout' : 'stderr';
	const input = pastesFrom(values, context);
	try {
		await login(engine, {
			pending,
			show,
			signal: signals.signal,
			open: false,
			terminal: createLoginTerminal(environment, {write: () => undefined}),
			write: text => context[stream].write(text),
			input,
		});
		tell(notices, context);
		return exitCodes.done;
	} catch (error) {
		return exitCodeOf(toLoginError(error).code);
	} finally {
		input?.destroy();
	}
};

/** `login --cancel ID`: tokens that are on disk are revoked here, and those that still come by the process that gets them. */
const cancel = async (line: CommandLine, context: CommandContext, store: TokenStore, id: string): Promise<number> => {
	const begun = await readPending(store, id);
	if (begun.progress.status === 'waiting') {
		await markCancelled(store, begun, context.now());
		const engine = engineOf(begun, store, line, context);
		const run = engine.login({pending: {id, wait: 0}, open: false, signal: context.signals.signal});
		await run.session.catch(() => undefined);
		await run.cancel();
	}

	if ((await readPending(store, id)).progress.status === 'signed-in') {
		throw new LoginError('config_error', `The sign-in ${id} had already finished.`, {
			hint: `To sign out, run: ${profileText('logout', begun.profile)}`,
		});
	}

	context.stderr.write(`Cancelled the sign-in ${id}.\n`);
	return exitCodes.done;
};

const described = ({id, profile, message, provider, progress, startedAt, expiresAt}: PendingLogin) => {
	const status = progress.status === 'waiting' ? 'pending' : progress.status;
	const application = applicationOrHost(provider);
	return {id, status, profile, application, ...(message !== undefined && {message}), startedAt, expiresAt};
};

/** `login --pending`: those that have not expired, also where they have ended. */
const list = async ({values}: CommandLine, {stdout}: CommandContext, store: TokenStore): Promise<number> => {
	for (const login of await listPending(store)) {
		if ('error' in login) {
			const {message} = login.error;
			stdout.write(values.json ? jsonLine({id: login.id, status: 'unreadable', message}) : `${login.id}  ${message}\n`);
			continue;
		}

		const shown = described(login);
		const {id, status, profile, application, message, expiresAt} = shown;
		const until = status === 'pending' ? [`until ${timeOfDay(expiresAt)}`] : [];
		const words = [id, status, displayText(profile, 60), displayText(application, 60), ...until];
		const why = message === undefined ? '' : `  "${message}"`;
		stdout.write(values.json ? jsonLine(shown) : `${words.join('  ')}${why}\n`);
	}

	return exitCodes.done;
};

/** What `ink-login login` does about logins that were begun before. */
export const runPending: Command = async (line, context) => {
	const {resume: resumed, cancel: cancelled} = line.values;
	const store = await storeFor(line, context);
	if (resumed !== undefined) return resume(line, context, store, resumed);
	return cancelled === undefined ? list(line, context, store) : cancel(line, context, store, cancelled);
};
