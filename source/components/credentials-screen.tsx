import {useState, type ReactNode} from 'react';
import {unstopped} from '../core/safe-text.js';
import type {EventOf} from '../login/events.js';
import {isOpen, type CredentialsState} from '../login/state.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {usePresses} from '../hooks/use-keys.js';
import {useScreen, type Screen} from '../hooks/use-screen.js';
import {useTextField} from '../hooks/use-text-field.js';
import {layOutWaiting} from '../layout/browser.js';
import {consentHeader, type ConsentHeader} from '../layout/header.js';
import {runKey, type Key} from '../layout/keys.js';
import {layOutQuestion} from '../layout/question.js';
import type {Notice} from '../layout/status.js';
import type {Display} from '../layout/theme.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenAsking, spokenKeys} from './screen-reader.js';

/** What `<CredentialsScreen>` takes. */
export type CredentialsScreenProps = ScreenProps & {
	/** Which of the two flows is drawn. */
	readonly flow: CredentialsState['flow'];
};

/** What is typed for the password flow or the one-time-code flow: one question at a time. */
export function CredentialsScreen(props: CredentialsScreenProps): ReactNode {
	const {flow, state, canGoBack = false} = props;
	const screen = useScreen(props);
	const {display, size, speaks} = screen;
	const {messages, glyphs} = display;
	const credentials = state.flows[flow];
	const question = credentials?.question;
	// A name that was wrong is there to be corrected when it is asked again.
	const [name, setName] = useState('');
	if (credentials === undefined || !isOpen(credentials)) return null;
	const asking = consentHeader(state, props, display);
	if (question !== undefined) {
		const answer = {initial: question.asks === 'username' || question.asks === 'recipient' ? name : '', setName};
		return <Field key={credentials.questions} {...{props, screen, credentials, question, asking}} {...answer} />;
	}

	const waiting = flow === 'password' ? messages.machine.working : messages.credentials.sending;
	const keys: readonly Key[] = [{key: 'escape', label: messages.keys.back, when: canGoBack, isMain: true}];
	if (speaks) return <SpokenLines lines={[...spokenAsking(asking), `${waiting}.`]} />;
	const content = {asking, waiting: `${waiting}${glyphs.ellipsis}`, isBusy: true, keys, presses: 0};
	return <FrameView frame={layOutWaiting(size, content, display)} columns={size.columns} display={display} />;
}

const labelOf = (
	{asks}: EventOf<'question'>,
	{sent, isRenewed}: CredentialsState,
	{messages: {credentials}}: Display,
): string =>
	asks === 'code' && sent !== undefined
		? credentials[isRenewed ? 'newCodeSentTo' : 'codeSentTo'](sent.to)
		: credentials[asks];

/** What went wrong, else who sees what is typed (RFC 8252 §8.12). */
const noticeOf = (
	{asks, reason}: EventOf<'question'>,
	rejected: string | undefined,
	hasBrowser: boolean,
	{messages: {credentials, sentence}}: Display,
): Notice | undefined => {
	const trouble = reason ?? rejected;
	const {seen, seenBriefly, browserIsSafer, tryAgain} = credentials;
	if (trouble !== undefined) {
		const text = unstopped(sentence(trouble));
		// What to do, or how many tries are left, comes last.
		return {tone: 'warning', text, briefs: [text.split('. ').at(-1) ?? '', tryAgain]};
	}

	if (asks === 'code') return undefined;
	return {tone: 'warning', text: hasBrowser ? `${seen}. ${browserIsSafer}` : seen, briefs: [seen, seenBriefly]};
};

type FieldProps = {
	readonly props: CredentialsScreenProps;
	readonly screen: Screen;
	readonly credentials: CredentialsState;
	readonly question: EventOf<'question'>;
	readonly asking: ConsentHeader;
	readonly initial: string;
	readonly setName: (name: string) => void;
};

function Field({props, screen, credentials, question, asking, initial, setName}: FieldProps): ReactNode {
	const {flow, state, command, onShow, canGoBack = false, isActive = true} = props;
	const {display, size, speaks} = screen;
	const {messages, glyphs, terminal} = display;
	const {keys: words} = messages;
	const {asks} = question;
	const isCode = asks === 'code';
	const isExchanging = credentials.phase.status === 'exchanging';
	const hasBrowser = isOpen(state.flows.browser) || state.discovery?.flows.browser === true;
	const [isTaken, setIsTaken] = useState(false);
	const [hasChanged, setHasChanged] = useState(false);
	const enters: Readonly<Record<typeof asks, Pick<Key, 'label' | 'brief'>>> = {
		username: {label: words.next, brief: words.nextBriefly},
		recipient: {label: words.sendCode, brief: words.sendCodeBriefly},
		password: {label: words.signIn, brief: words.nextBriefly},
		code: {label: words.signIn},
	};
	const keys: readonly Key[] = [
		{key: 'enter', ...enters[asks], isMain: true},
		{
			key: 'n',
			label: words.newCode,
			when: isCode,
			isMain: true,
			run: () => command({type: 'renew-code', flow: 'one-time-code'}),
		},
		{
			// Letters are typed, unless digits are.
			key: isCode ? 'b' : 'ctrl+o',
			label: words.browser[terminal.browser ?? 'here'],
			brief: words.browserBriefly,
			when: hasBrowser,
			isMain: true,
			run() {
				if (!isOpen(state.flows.browser)) command({type: 'open', flow: 'browser'});
				onShow?.('browser');
			},
		},
		{key: 'escape', label: words.back, when: canGoBack, isMain: true},
	];
	const takesKeys = isActive && !isTaken;
	const presses = usePresses(takesKeys && isCode);
	const typed = useTextField(initial, {
		onKey(key, text) {
			if (key !== 'enter') runKey(keys, key);
			else if (text.trim() !== '') {
				setIsTaken(true);
				if (asks === 'username' || asks === 'recipient') setName(text);
				command({type: 'enter', flow, text});
			}
		},
		onChange: () => setHasChanged(true),
		accepts: isCode ? /\d/ : undefined,
		isActive: takesKeys,
	});
	const label = labelOf(question, credentials, display);
	const notice =
		hasChanged && isCode ? undefined : noticeOf(question, credentials.rejected?.reason, hasBrowser, display);
	const work = isExchanging
		? messages.machine.working
		: isTaken && asks === 'recipient'
			? messages.credentials.sending
			: '';
	if (speaks) {
		const said = work === '' ? [`${label}.`, spokenKeys(keys, display)] : [`${work}.`];
		return <SpokenLines lines={[...spokenAsking(asking), ...said]} notice={work === '' ? notice?.text : undefined} />;
	}

	const frame = layOutQuestion(
		size,
		{
			title: asking.title,
			host: asking.host,
			label,
			briefLabel: asks === 'recipient' ? messages.credentials.recipientBriefly : messages.credentials[asks],
			typed: asks === 'password' ? typed.replaceAll(/./gsu, '*') : typed,
			notice: work === '' ? notice : undefined,
			busy: work === '' ? undefined : `${work}${glyphs.ellipsis}`,
			facts: [],
			keys,
			presses: isCode ? presses : undefined,
		},
		display,
	);
	return <FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />;
}
