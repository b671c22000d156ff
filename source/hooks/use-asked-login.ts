import {useLayoutEffect, useState} from 'react';
import {abortable} from '../core/clock.js';
import {cancelled} from '../core/errors.js';
import type {LoginOptions} from '../login/flow.js';
import {withSessionRequest} from '../oauth/request-parameters.js';
import type {Provider} from '../oauth/provider.js';
import type {Session} from '../session/types.js';
import type {TokenEngine} from '../token-engine.js';
import {loginOnScreen, type LoginStarter} from './use-login.js';

/** A login for `<Login>` to start and to show. */
type AskedLogin = {
	readonly engine: LoginStarter & {readonly provider: Provider};
	/** The one that was named. */
	readonly flow?: Exclude<LoginOptions['flow'], 'auto' | undefined>;
};

/**
 * Takes the logins that `engine.ensure()` and `engine.fetch` turn out to need, and returns the one to show; where nobody
 * sees them, the engine has them.
 */
export const useAskedLogin = (engine: TokenEngine, isSeen: boolean): AskedLogin | undefined => {
	const [asked, setAsked] = useState<readonly AskedLogin[]>([]);
	// Before anything can ask: a program may do so as soon as it has rendered.
	useLayoutEffect(() => {
		if (!isSeen) return undefined;
		const unmounted = new AbortController();
		const stop = engine.showBy(async ({engine: asking, options}) => {
			const present = loginOnScreen(asking);
			if (present !== undefined) {
				// Someone is signing in already, perhaps with a code in their hand.
				const session = await abortable(present.session, options.signal);
				if (withSessionRequest(asking.provider, options) === asking.provider) return session;
			}

			let begin!: (session: Promise<Session>) => void;
			const session = new Promise<Session>(resolve => {
				begin = resolve;
			});
			const {provider, clock} = asking;
			const {flow = 'auto', ...rest} = options;
			const login: AskedLogin = {
				...(flow !== 'auto' && {flow}),
				engine: {
					provider,
					clock,
					login(shown) {
						const {terminal = {}, flow = 'auto'} = shown ?? {};
						const run = asking.login({...shown, ...rest, flow, terminal});
						begin(run.session);
						return run;
					},
				},
			};
			setAsked(logins => [...logins, login]);
			return abortable(session, unmounted.signal).finally(() =>
				setAsked(logins => logins.filter(other => other !== login)),
			);
		});
		return () => {
			stop();
			unmounted.abort(cancelled());
		};
	}, [engine, isSeen]);
	return asked[0];
};
