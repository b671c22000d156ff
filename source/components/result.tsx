import {useIsScreenReaderEnabled} from 'ink';
import type {ReactNode} from 'react';
import {displayText} from '../core/safe-text.js';
import type {LoginErrorCode} from '../core/errors.js';
import type {EventOf} from '../login/events.js';
import type {LoginState} from '../login/state.js';
import {useKeys} from '../hooks/use-keys.js';
import {timeOfDay} from '../text/messages.js';
import {FrameView} from './rows.js';
import {firstThatFits, frameOf} from '../layout/fit.js';
import {hanging, indent, keyLine, keyLines, plain, widthOf, wrapWords, type Line} from '../layout/row.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines} from './screen-reader.js';
import {useScreen} from '../hooks/use-screen.js';
import type {FlowName} from '../core/types.js';

type OutcomeProps = Pick<ScreenProps, 'theme' | 'messages' | 'environment' | 'columns' | 'maxRows' | 'application'>;

export type SignedInProps = OutcomeProps & {
	readonly state: LoginState;
	readonly signedIn: EventOf<'signed-in'>;
	/** What to type where someone else should have signed in. */
	readonly switchCommand?: string | undefined;
};

/** Who signed in, for the scrollback: no code, no QR code, no address. */
export function SignedIn(props: SignedInProps): ReactNode {
	const {state, signedIn, switchCommand} = props;
	const {display, size} = useScreen(props);
	const speaks = useIsScreenReaderEnabled();
	const {messages, glyphs} = display;
	const {end} = messages;
	const {identity, expiresAt, refreshable, store, profile, flow} = signedIn;
	const application = state.discovery?.application ?? props.application;
	const until = expiresAt === undefined ? [] : [end.until(timeOfDay(expiresAt))];
	const who = end.signedIn(application === undefined ? undefined : displayText(application, 60), identity);
	// What renews itself and ends with this program lasts until then, as is said below.
	const renews = store === 'memory' ? [] : [end.staysSignedIn];
	const headline = [`${who}.`, ...(refreshable ? renews : until)].join(' ');
	// A session that ends with this program is replaced by starting it again.
	const notYou = switchCommand === undefined || store === 'memory' ? [] : [end.notYou(switchCommand)];
	const kept = [end.kept(store, profile), ...notYou];
	// With several flows open it is worth a word which one it was.
	const won = flow === 'device' ? messages.code.approved : messages.browser.signedIn;
	const winner = state.order.length > 1 && (flow === 'device' || flow === 'browser') ? [won] : [];
	if (speaks) return <SpokenLines lines={[messages.spoken.done, ...winner, headline, ...kept]} />;

	const {columns, rows} = size;
	const mark: Line = [{text: ` ${glyphs.success} `, tone: 'success', bold: true}];
	const told = hanging(mark, [...winner, headline].join(' '), columns - 1);
	// A command to type is not broken where it need not be.
	const joined = kept.join(' ');
	const sentences = widthOf(joined) <= columns - 4 ? [joined] : kept;
	const lines = [...told, ...indent(3, sentences.flatMap(text => wrapWords(text, columns - 4)).map(plain))];
	const frame = firstThatFits(rows, [frameOf(lines), frameOf(told)]);
	return <FrameView frame={frame} columns={columns} display={display} />;
}

export type FailureProps = OutcomeProps & {
	readonly code: LoginErrorCode;
	readonly said: string;
	readonly hint?: string | undefined;
	/** The flows that can still be tried, by the key that takes them; none where the login is over. */
	readonly next?: NextSteps | undefined;
	readonly isActive?: boolean;
};

export type NextSteps = {
	readonly keys: readonly string[];
	readonly onKey: (key: string) => void;
};

/** What happened, in one sentence, and what can be done next. */
export function Failure(props: FailureProps): ReactNode {
	const {code, said, hint, next, isActive = true} = props;
	const {display, size} = useScreen(props);
	const speaks = useIsScreenReaderEnabled();
	useKeys({onKey: key => next?.onKey(key), isActive: isActive && next !== undefined});
	const {messages, glyphs} = display;
	const headline = messages.failure(code, said);
	const advice = hint === undefined || hint === '' || code === 'cancelled' ? [] : [hint];
	if (speaks) {
		const keys = next === undefined ? [] : [messages.spoken.keys(next.keys)];
		return <SpokenLines lines={[messages.spoken.failed, headline, ...advice, ...keys]} />;
	}

	const {columns, rows} = size;
	const mark: Line = [{text: ` ${glyphs.failure} `, tone: 'failure', bold: true}];
	const told = hanging(mark, headline, columns - 1);
	const hints = next?.keys ?? [];
	const allKeys = indent(3, hints.length === 0 ? [] : keyLines(hints, glyphs.separator, columns - 4));
	const keys = indent(3, hints.length === 0 ? [] : [keyLine(hints, glyphs.separator, columns - 4)]);
	const advised = indent(3, advice.flatMap(text => wrapWords(text, columns - 4)).map(plain));
	const frame = firstThatFits(rows, [
		frameOf([...told, ...advised, ...allKeys]),
		frameOf([...told, ...allKeys]),
		frameOf([...told, ...keys]),
		frameOf([...told.slice(0, Math.max(1, rows - keys.length)), ...keys]),
	]);
	return <FrameView frame={frame} columns={columns} display={display} />;
}

/** The keys that lead on after a flow has failed: never the same dead end where the provider has no such flow. */
export const nextStepsAfter = (
	{discovery, lastFailure}: LoginState,
	{keys}: NonNullable<ScreenProps['messages']>,
): {readonly hints: readonly string[]; readonly flows: Readonly<Record<string, FlowName>>} => {
	const flow = lastFailure?.flow;
	const isHopeless = lastFailure !== undefined && hopeless.has(lastFailure.code);
	const possible = (flow: 'browser' | 'device') => discovery === undefined || discovery.flows[flow] === true;
	const again = flow !== undefined && !isHopeless;
	const steps = [
		again && flow === 'device' ? ({key: 'n', hint: keys.newCode, flow} as const) : undefined,
		again && flow !== 'device' ? ({key: 'enter', hint: keys.again, flow} as const) : undefined,
		flow !== 'browser' && possible('browser')
			? ({key: 'b', hint: keys.useBrowser, flow: 'browser'} as const)
			: undefined,
		flow !== 'device' && possible('device') ? ({key: 'd', hint: keys.useCode, flow: 'device'} as const) : undefined,
	].filter(step => step !== undefined);
	const first = steps[0];
	return {
		hints: [...steps.map(({hint}) => hint), keys.leave],
		// Enter is the main action here too.
		flows: {
			...(first !== undefined && {enter: first.flow}),
			...Object.fromEntries(steps.map(step => [step.key, step.flow])),
		},
	};
};

/** The same flow would end the same again. */
const hopeless: ReadonlySet<LoginErrorCode> = new Set([
	'device_unsupported',
	'unsupported_grant',
	'invalid_client',
	'config_error',
	'interaction_required',
]);
