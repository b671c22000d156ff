import {omitUndefined} from './core/clock.js';
import {hasCode, LoginError} from './core/errors.js';
import {isOwnFlow} from './core/types.js';
import {login, type ShowLogin} from './login.js';
import type {LoginEngine, LoginOptions} from './login/flow.js';
import {joinScopes} from './session/session-difference.js';
import type {Session} from './session/types.js';
import {detectEnvironment} from './terminal/environment.js';
import {ownFlowOf, personIsThere} from './terminal/who-is-there.js';

/** What an engine has someone sign in with when a request, or `ensure()`, needs it. */
export type SignInContext = {
	readonly engine: LoginEngine;
	readonly show: ShowLogin | undefined;
	/** Whether an app's screen shows it: then a person is there. */
	readonly hasScreen: boolean;
	readonly signInHint: string | undefined;
	/** What the session that there is was asked for, space separated: a login for more keeps it. */
	readonly presentScope: () => Promise<string | undefined>;
	/** The session, if it has become what the login is to bring. */
	readonly covering: (options: LoginOptions) => Promise<Session | undefined>;
};

/** The last of the logins that are shown in one place. */
const lastIn = new WeakMap<object, Promise<unknown>>();

/** The terminal of the process. */
const terminal = {};

/** One after the other in one place, whichever engines they are of; a function of an app's own is a place of its own. */
const inTurn = async <Value>(show: ShowLogin, work: () => Promise<Value>): Promise<Value> => {
	const place = typeof show === 'string' ? terminal : show;
	const before = lastIn.get(place);
	const done = before === undefined ? work() : before.then(work);
	const last = done
		.catch(() => undefined)
		.finally(() => {
			if (lastIn.get(place) === last) lastIn.delete(place);
		});
	lastIn.set(place, last);
	return done;
};

/** Has a person sign in, once no other engine shows a login in the same place. */
export const showLogin = async (
	{engine, show = 'plain', signInHint: hint, covering}: SignInContext,
	options: LoginOptions,
): Promise<Session> => {
	try {
		return await inTurn(show, async () => {
			options.signal?.throwIfAborted();
			// A login before this one may have brought the scope; how strong or recent that one was, no session says.
			const isForScope = options.acrValues === undefined && options.maxAge === undefined;
			return (isForScope ? await covering(options) : undefined) ?? login(engine, {...options, show});
		});
	} catch (error) {
		if (hint === undefined || !hasCode(error, 'person_required') || error.shown) throw error;
		// It may be what they have just done, elsewhere.
		throw new LoginError('person_required', error.message, {hint: `Open a terminal. ${hint}`});
	}
};

/** Signs in as the program where it can, otherwise has a person sign in. */
export const signIn = async (context: SignInContext, options: LoginOptions): Promise<Session> => {
	const {engine, hasScreen, presentScope} = context;
	const {flow = engine.provider.flow, scope: asked, ...others} = options;
	const scope = asked === undefined ? undefined : joinScopes(await presentScope(), asked);
	const rest = {...others, ...(scope !== undefined && {scope})};
	if (isOwnFlow(flow)) return engine.login({...rest, flow}).session;
	const isAlone = !hasScreen && !personIsThere(detectEnvironment(), {flow});
	const own = isAlone ? ownFlowOf(engine.provider) : undefined;
	return own === undefined
		? showLogin(context, omitUndefined({...rest, flow}))
		: engine.login({...rest, flow: own}).session;
};
