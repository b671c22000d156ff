import type {LoginProps} from './components/login-props.js';
import {showLogin} from './components/show-login.js';
import type {Session} from './engine/session.js';
import type {TokenEngine} from './token-engine.js';
import {login as loginInLines, type ShowLoginOptions as LinesOptions} from './sinks/login.js';
import {gatherFacts} from './terminal/facts.js';
import {screenStream, wantsSpeech} from './terminal/screen.js';

/** What `login` takes: how the login goes, and how it is shown. */
export type ShowLoginOptions = Omit<LinesOptions, 'sink'> &
	Pick<
		LoginProps,
		'application' | 'components' | 'currentIdentity' | 'environment' | 'showQr' | 'switchCommand' | 'theme'
	> & {
		/**
		 * How it is shown. `auto`: a screen where there is a terminal with keys, spoken lines where somebody listens
		 * (`INK_SCREEN_READER`, `ACCESSIBLE`), plain lines elsewhere. @default 'auto'
		 */
		readonly sink?: 'auto' | 'screen' | 'plain' | 'spoken' | 'ndjson';
	};

/**
 * Signs somebody in from a program that has no Ink of its own: shows the login in the way that fits, and returns the
 * session once everything that it started is gone and the terminal is as it was.
 *
 * @example
 * ```ts
 * const session = await login(engine);
 * ```
 *
 * @throws LoginError: `cancelled` where the person left, `person_required` where one would be needed and none is there
 */
export const login = async (engine: TokenEngine, options: ShowLoginOptions = {}): Promise<Session> => {
	const {sink = 'auto', ...rest} = options;
	const facts = gatherFacts();
	const stream = screenStream(facts);
	const lines = wantsSpeech(facts) ? 'spoken' : 'plain';
	const shown = sink === 'auto' ? (stream === undefined || lines === 'spoken' ? lines : 'screen') : sink;
	if (shown !== 'screen') return loginInLines(engine, {...rest, sink: shown});
	const {signal, write: _, attended: __, route = 'auto', ...props} = rest;
	// A session that cannot be read is not offered, and keeps nobody from signing in.
	const stored = async () => engine.session().catch(() => undefined);
	const current = route === 'ask' && props.currentIdentity === undefined ? await stored() : undefined;
	return showLogin({
		engine,
		signal,
		stdout: process[stream ?? 'stdout'],
		login: {...props, route, ...(current?.identity && {currentIdentity: current.identity})},
	});
};
