import type {ComponentType} from 'react';
import type {LoginError} from '../engine/login-error.js';
import type {Identity} from '../engine/login-event.js';
import type {LoginOptions, LoginRun} from '../engine/flow.js';
import type {Session} from '../engine/session.js';
import type {TokenEngine} from '../token-engine.js';
import type {LoginStarter} from '../hooks/login-subscription.js';
import type {BrowserScreenProps} from './browser-screen.js';
import type {DeviceCodeScreenProps} from './device-code-screen.js';
import type {FlowPickerProps} from './flow-picker.js';
import type {FrameParts} from './frame-view.js';
import type {DisplayProps} from './look.js';
import type {ScreenProps} from './screen-props.js';

/** Parts that an application may replace by its own. */
export type LoginComponents = FrameParts & {
	/** The choice. */
	readonly FlowPicker?: ComponentType<FlowPickerProps>;
	/** The device flow. */
	readonly DeviceCodeScreen?: ComponentType<DeviceCodeScreenProps>;
	/** The browser flow. */
	readonly BrowserScreen?: ComponentType<BrowserScreenProps>;
};

type Source =
	| {
			/** Starts a login when mounted, and cancels it when unmounted. */
			readonly engine: LoginStarter & Pick<TokenEngine, 'provider'>;
			readonly run?: never;
	  }
	| {
			readonly engine?: never;
			/** Shows a login that was started elsewhere, and that goes on when this is unmounted. */
			readonly run: LoginRun;
	  };

/**
 * What `<Login>` takes: an engine or a run, and what differs from the defaults. What `terminal` and
 * `environment` leave out is looked up by where the terminal is.
 */
export type LoginProps = Source &
	DisplayProps &
	Pick<ScreenProps, 'maxRows' | 'isActive' | 'application' | 'showQr'> &
	Pick<LoginOptions, 'open' | 'renew' | 'switchAccount' | 'timeout' | 'credentials'> & {
		/** A flow to take at once; `ask` shows the picker first. @default 'ask' */
		readonly flow?: LoginOptions['flow'];
		/** Who is signed in already; the picker offers to stay so. */
		readonly currentIdentity?: Identity;
		/** What to type where someone else should have signed in, such as `acme login --switch-account`. */
		readonly switchCommand?: string;
		/**
		 * Whether an address that cannot be copied may be written above the screen, raw and whole. It stays there: not for
		 * a screen that stands among others.
		 *
		 * @default false
		 */
		readonly canWriteAbove?: boolean;
		/** The flow that this person wants each time. */
		readonly preferredFlow?: 'browser' | 'device' | undefined;
		/** Keeps what the person wants each time, or forgets it; without it no such key is offered. */
		readonly onPrefer?: (flow: 'browser' | 'device' | undefined) => Promise<void>;
		/** Parts of your own instead of ours. */
		readonly components?: LoginComponents;
		/** Called once with the session; the last frame is drawn by then or soon after. */
		readonly onSignedIn?: (session: Session) => void;
		/** The login ended without a session, other than by the person's wish. */
		readonly onError?: (error: LoginError) => void;
		/** The person left. Also called for `Stay …`, with `stay`. */
		readonly onCancel?: (reason: 'left' | 'stay') => void;
	};
