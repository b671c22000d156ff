import type {Clock} from './clock.js';
import type {LoginCommand} from './flow.js';
import type {LoginEvent} from './login-event.js';
import type {LoginState} from './login-state.js';
import type {Session} from './session.js';

/**
 * A running login. It runs one or more routes side by side, takes the person's commands, and ends with the first route
 * that returns tokens. Iterating it yields all its events from the first, for any number of readers; `break` stops
 * reading, not the login.
 */
export interface LoginRun extends AsyncIterable<LoginEvent> {
	/** The result, or a `LoginError`; never an unhandled rejection. */
	readonly session: Promise<Session>;
	/** All events so far, folded. A new object for each event, the same one in between. */
	readonly state: LoginState;
	/** The clock that its times are by. */
	readonly clock: Clock;
	/** Calls `listener` after each event; returns the way to stop that. With `state`, all that `useSyncExternalStore` needs. */
	subscribe(listener: () => void): () => void;
	/** Asks for something; its outcome comes back as an event. After the end it does nothing. */
	command(command: LoginCommand): void;
	/** Ends the login with `failed`: `cancelled`, or the failure that left no way open. Resolves when ports, timers and requests are gone. */
	cancel(): Promise<void>;
}
