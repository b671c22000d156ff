import type {ComponentType} from 'react';
import type {Clock} from '../core/clock.js';
import type {LoginCommand} from '../login/flow.js';
import type {LoginState} from '../login/state.js';
import type {DisplayProps} from '../layout/theme.js';
import type {Glyphs} from '../terminal/capabilities.js';

/** "Always this flow here." */
export type FlowPreference = {
	readonly flow?: 'browser' | 'device' | undefined;
	/** Resolves once it is saved; undefined forgets it. */
	readonly change: (flow: 'browser' | 'device' | undefined) => Promise<void>;
};

/** What each screen takes: a state to draw, and where to send what the person asks for. */
export type ScreenProps = DisplayProps & {
	/** What is drawn. */
	readonly state: LoginState;
	/** Takes what the person asks for. */
	readonly command: (command: LoginCommand) => void;
	/** @default the real time */
	readonly clock?: Clock;
	/** Columns that may be used. @default the terminal's */
	readonly columns?: number;
	/** Rows that may be used. @default the terminal's, less one */
	readonly maxRows?: number;
	/** Whether keys are taken. @default true */
	readonly isActive?: boolean;
	/** What the application calls itself, until discovery has answered. */
	readonly application?: string | undefined;
	/** The issuer, until discovery has answered. */
	readonly issuer?: string | undefined;
	/** The scope that will be asked for, until discovery has answered. */
	readonly scope?: string | undefined;
	/** Something that went wrong, said in place of the status. */
	readonly notice?: string | undefined;
	/** Whether `esc` leads anywhere, and is offered. @default false */
	readonly canGoBack?: boolean;
	/** Whether a QR code is drawn before someone asks for it. @default where another device reaches the link, and there are colours */
	readonly showQr?: boolean | undefined;
	/** Called when a key asks for the other flow's screen; its flow is open by then, or opens. */
	readonly onShow?: (flow: 'browser' | 'device') => void;
	/** The flow that this person wants each time, and where another wish goes. @default it cannot be remembered */
	readonly preference?: FlowPreference | undefined;
	/** Writes a link, raw and whole, above the screen where it cannot be copied. @default it is not written */
	readonly writeAbove?: ((text: string) => void) | undefined;
	/** Parts to draw with instead. */
	readonly components?: FrameParts | undefined;
};

/** What `<QrCode>` takes. */
export type QrCodeProps = {
	/** A link, in ASCII. */
	readonly text: string;
	/** Without colours the light modules are drawn, which reads well on dark themes only. @default true */
	readonly color?: boolean;
};

/** What a spinner takes. */
export type SpinnerProps = {
	/** Which one turns: braille dots, or a line where there is nothing but ASCII. */
	readonly type: Glyphs['spinner'];
};

/** The parts that an application may replace by its own. */
export type FrameParts = {
	readonly QrCode?: ComponentType<QrCodeProps>;
	/** What turns while a request is in flight. */
	readonly Spinner?: ComponentType<SpinnerProps>;
};

/** What a question before or during a login takes. */
export type PromptProps<Prompt> = Pick<
	ScreenProps,
	'theme' | 'messages' | 'environment' | 'columns' | 'maxRows' | 'isActive'
> & {readonly prompt: Prompt};
