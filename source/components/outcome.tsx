import type {ReactNode} from 'react';
import {displayText, unstopped} from '../core/safe-text.js';
import type {LoginErrorCode} from '../core/errors.js';
import type {FlowName} from '../core/types.js';
import type {LoginCommand} from '../login/flow.js';
import type {EventOf} from '../login/events.js';
import type {LoginState} from '../login/state.js';
import {dateAndTime} from '../text/dates.js';
import {runKey, type Key} from '../layout/keys.js';
import {layOutFailure, layOutSignedIn} from '../layout/outcome.js';
import type {Display} from '../layout/theme.js';
import {useKeys, usePresses} from '../hooks/use-keys.js';
import {useScreen} from '../hooks/use-screen.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenKeys} from './screen-reader.js';

type OutcomeProps = Pick<ScreenProps, 'theme' | 'messages' | 'environment' | 'columns' | 'maxRows' | 'application'>;

type SignedInProps = OutcomeProps & {
	readonly state: LoginState;
	readonly signedIn: EventOf<'signed-in'>;
	/** What to type next. */
	readonly next?: string | undefined;
	/** What to type where someone else should have signed in. */
	readonly switchCommand?: string | undefined;
};

/** Who signed in, for the scrollback. */
export function SignedIn(props: SignedInProps): ReactNode {
	const {state, signedIn, next, switchCommand} = props;
	const {display, size, speaks} = useScreen(props);
	const {end} = display.messages;
	const {identity, expiresAt, refreshable, store, savedIn, profile} = signedIn;
	const application = state.discovery?.application ?? props.application;
	const who = end.signedIn(application === undefined ? undefined : displayText(application, 60), identity);
	const saved = end.saved(store, profile, savedIn);
	const endsAt = refreshable || expiresAt === undefined ? [] : [end.until(dateAndTime(expiresAt))];
	const notes = [...(saved === '' ? [] : [saved]), ...endsAt];
	const steps = [
		...(next === undefined ? [] : [{word: end.next, command: next, isBold: true}]),
		// A session that ends with this program is replaced by starting it again.
		...(switchCommand === undefined || store === 'memory' ? [] : [{word: end.notYou, command: switchCommand}]),
	];
	if (speaks) {
		const said = steps.map(({word, command}) => `${word} ${command}`);
		return <SpokenLines lines={[`${who.join(', ')}.`, ...notes.map(note => `${note}.`), ...said]} />;
	}

	const frame = layOutSignedIn(size, {who, notes, next: steps}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}

type FailureProps = OutcomeProps & {
	readonly code: LoginErrorCode;
	readonly said: string;
	readonly hint?: string | undefined;
	/** What can still be tried; nothing where the login is over. */
	readonly keys?: readonly Key[];
	readonly isActive?: boolean;
};

/** What happened, in one sentence, and what can be done next. */
export function Failure(props: FailureProps): ReactNode {
	const {code, said, hint = '', keys = [], isActive = true} = props;
	const {display, size, speaks} = useScreen(props);
	const takesKeys = isActive && keys.length > 0;
	useKeys({onKey: key => runKey(keys, key), isActive: takesKeys});
	const presses = usePresses(takesKeys);
	const {messages} = display;
	const headline = messages.failure(code, said);
	const advice = code === 'cancelled' || hint === '' ? '' : messages.advice(code, hint);
	if (speaks) {
		const lines = [headline, advice, keys.length === 0 ? '' : spokenKeys(keys, display)];
		return <SpokenLines lines={lines.filter(line => line !== '')} />;
	}

	const frame = layOutFailure(size, {code, said: unstopped(headline), hint: advice, keys, presses}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}

/** The same flow would end the same again. */
const hopeless: ReadonlySet<LoginErrorCode> = new Set([
	'device_unsupported',
	'unsupported_grant',
	'invalid_client',
	'config_error',
	'interaction_required',
]);

/** The keys that lead on after a login has ended. */
export const keysAfterEnd = (code: LoginErrorCode, {messages: {keys}}: Display, again: () => void): readonly Key[] =>
	code === 'cancelled'
		? []
		: [
				{key: 'enter', label: keys.again, when: !hopeless.has(code), isMain: true, run: again},
				{key: 'escape', label: keys.cancel, isMain: true},
			];

/** The keys that lead on after a flow has failed: never the same dead end, nor a flow that the provider lacks. */
export const keysAfterFailure = (
	{discovery, lastFailure}: LoginState,
	{messages: {keys}, terminal}: Display,
	{command, onShow}: {readonly command: (command: LoginCommand) => void; readonly onShow: (flow: FlowName) => void},
): readonly Key[] => {
	if (lastFailure === undefined) return [];
	const {flow} = lastFailure;
	const sendsCodes = flow === 'device' || flow === 'one-time-code';
	const again = !hopeless.has(lastFailure.code);
	const isPossible = (other: 'browser' | 'device') => discovery === undefined || discovery.flows[other] === true;
	const open = (flow: FlowName) => () => {
		command({type: 'open', flow});
		onShow(flow);
	};
	const offered: readonly Key[] = [
		{key: 'n', label: keys.newCode, when: again && sendsCodes, run: open(flow)},
		{key: 'enter', label: keys.again, when: again && !sendsCodes, run: open(flow)},
		{
			key: 'b',
			label: keys.browser[terminal.browser ?? 'here'],
			brief: keys.browserBriefly,
			when: flow !== 'browser' && isPossible('browser'),
			run: open('browser'),
		},
		{key: 'd', label: keys.device, when: flow !== 'device' && isPossible('device'), run: open('device')},
		{key: 'escape', label: keys.cancel},
	];
	const live = offered.filter(({when = true}) => when).map(key => ({...key, isMain: true}));
	const [first] = live;
	// Enter is the main action here too.
	return first === undefined || first.key === 'enter' ? live : [...live, {key: 'enter', label: '', run: first.run}];
};
