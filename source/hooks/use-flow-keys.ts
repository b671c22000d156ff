import {useEffect, useState} from 'react';
import {systemClock, type Clock} from '../core/clock.js';
import {displayText, unstopped} from '../core/safe-text.js';
import {toLoginError} from '../core/errors.js';
import type {SafeUrl} from '../core/safe-url.js';
import {isOpen, openFlows, type LoginState} from '../login/state.js';
import {runKey, type Key} from '../layout/keys.js';
import type {Notice} from '../layout/status.js';
import type {Display} from '../layout/theme.js';
import {useClipboard} from './use-clipboard.js';
import {useKeys, usePresses} from './use-keys.js';
import type {ScreenProps} from './screen-props.js';

/** Milliseconds for which good news stays; bad news stays until a key is pressed. */
const newsLasts = 5000;

type Said = Notice & {
	/** What to say once the link that was to be opened has been. */
	readonly opened?: string;
};

const troubleOf = ({flows, pasteRejected, lastFailure}: LoginState, {messages}: Display): string | undefined => {
	const rejected = flows.browser?.pasteRejected ?? pasteRejected;
	if (rejected !== undefined) return messages.sentence(rejected);
	if (lastFailure !== undefined) return messages.failure(lastFailure.code, lastFailure.reason);
	return isOpen(flows.browser) && (flows.browser?.ignored.count ?? 0) > 0 ? messages.browser.ignored : undefined;
};

/** What there is to say besides the status: about the last key, or about something that went wrong. */
const useNotice = (state: LoginState, given: string | undefined, display: Display, clock: Clock) => {
	const [said, say] = useState<Said>();
	const [seen, setSeen] = useState<string>();
	useEffect(() => {
		if (said?.tone !== 'success') return;
		const controller = new AbortController();
		clock.sleep(newsLasts, controller.signal).then(
			() => say(undefined),
			() => undefined,
		);
		return () => controller.abort();
	}, [said, clock]);

	const trouble = given ?? troubleOf(state, display);
	const opener = state.flows.device?.opener?.status;
	const news = said?.opened !== undefined && opener === 'opened' ? {...said, text: said.opened} : said;
	// Why nothing was opened is worth more than that something was copied.
	const isShown = news !== undefined && !(news.opened !== undefined && opener === 'failed');
	const warning = trouble === undefined || trouble === seen ? undefined : unstopped(trouble);
	return {
		notice: isShown ? news : warning === undefined ? undefined : ({tone: 'warning', text: warning} as const),
		say,
		dismiss: () => {
			say(undefined);
			setSeen(trouble);
		},
	};
};

/** The same with a code that cannot be read, nor scanned. */
export const withHiddenCode = (state: LoginState): LoginState => {
	const {device} = state.flows;
	if (device?.code === undefined) return state;
	const {verificationUriComplete: _, ...code} = device.code;
	const userCode = displayText(code.userCode.replaceAll(/[\p{L}\p{N}]/gu, '*'));
	return {...state, flows: {...state.flows, device: {...device, code: {...code, userCode}}}};
};

/** What Enter is about on a screen: what it copies, and whether it opens the link. */
export type EnterKey = {
	readonly does: 'open-and-copy-code' | 'open-again' | 'copy';
	/** What is copied; the person sees it. */
	readonly text: string | undefined;
	/** What that is called: "Link". */
	readonly named: string;
	readonly label: string;
	readonly brief?: string;
};

type FlowKeysOptions = {
	readonly props: ScreenProps;
	readonly display: Display;
	readonly shown: 'device' | 'browser';
	readonly enter: EnterKey;
	/** What `u` copies; `w` writes the same. */
	readonly link: SafeUrl | undefined;
	/** Whether `u` stands in the row of keys. */
	readonly linkIsMain?: boolean;
	/** Whether a QR code can be drawn, and whether it is before someone says so. */
	readonly qrCode?: {readonly isPossible: boolean; readonly byDefault: boolean};
	/** Whether the code had better be replaced before someone types it. */
	readonly expiresSoon: boolean;
};

type FlowKeys = {
	readonly keys: readonly Key[];
	readonly notice: Notice | undefined;
	readonly qrCodeShown: boolean;
	/** Whether the code is not to be read by someone who looks over a shoulder (RFC 8628 §5.5). */
	readonly hidesCode: boolean;
	/** How often `?` was pressed. */
	readonly presses: number;
};

/** The keys of the screens that wait, as one table: each means the same on both of them. */
export const useFlowKeys = ({
	props,
	display,
	shown,
	enter,
	link,
	linkIsMain = false,
	qrCode = {isPossible: false, byDefault: false},
	expiresSoon,
}: FlowKeysOptions): FlowKeys => {
	const {state, command, clock = systemClock, terminal, preference, writeAbove, onShow} = props;
	const {canGoBack = false, isActive = true} = props;
	const presses = usePresses(isActive);
	const {flows, discovery} = state;
	const {messages} = display;
	const {keys: words} = messages;
	const {notice, say, dismiss} = useNotice(state, props.notice, display, clock);
	const {copy: toClipboard} = useClipboard(terminal?.clipboard);
	const [wantsQrCode, setWantsQrCode] = useState<boolean>();
	const [hidesCode, setHidesCode] = useState(false);
	const qrCodeShown = !hidesCode && (wantsQrCode ?? qrCode.byDefault);

	const copy = async (text: string, named: string, opened?: string) => {
		const {status, detail} = await toClipboard(text);
		const isUnavailable = status === 'unavailable';
		if (isUnavailable)
			say({tone: 'warning', text: messages.copy.unavailable(detail && unstopped(messages.sentence(detail)))});
		else say({tone: 'success', text: messages.copy[status](named), ...(opened !== undefined && {opened})});
		return !isUnavailable;
	};
	const copyLink = async (text: string) => {
		if (!(await copy(text, messages.copy.link))) writeAbove?.(text);
	};
	const show = (flow: 'device' | 'browser') => {
		if (!isOpen(flows[flow])) command({type: 'open', flow});
		onShow?.(flow);
	};
	const canUse = (flow: 'device' | 'browser') => isOpen(flows[flow]) || discovery?.flows[flow] === true;
	const latest = openFlows(state)
		.map(({flow}) => flow)
		.findLast(flow => flow === 'browser' || flow === 'device');
	const isPreferred = preference?.flow === latest;
	const prefer = () => {
		if (latest === undefined) return;
		const {saved, forgotten, notSaved} = messages.preference;
		preference?.change(isPreferred ? undefined : latest).then(
			() => say({tone: 'success', text: isPreferred ? forgotten : saved[latest]}),
			(error: unknown) => {
				const {code, message} = toLoginError(error);
				say({tone: 'warning', text: notSaved(unstopped(messages.failure(code, message)))});
			},
		);
	};
	const userCode = isOpen(flows.device) ? flows.device?.code?.userCode : undefined;
	const hasCode = userCode !== undefined;
	const isCodeScreen = shown === 'device';

	const keys: readonly Key[] = [
		{
			key: 'enter',
			label: enter.label,
			isMain: true,
			brief: enter.brief,
			run() {
				if (enter.does !== 'copy') command({type: 'open-browser', flow: shown});
				if (enter.does === 'open-and-copy-code' && enter.text !== undefined)
					void copy(enter.text, enter.named, messages.copy.codeAndLink);
				if (enter.does === 'copy' && enter.text !== undefined) {
					if (enter.text === link) void copyLink(enter.text);
					else void copy(enter.text, enter.named);
				}
			},
		},
		{
			key: 'n',
			label: words.newCode,
			when: isOpen(flows.device) && (isCodeScreen || expiresSoon),
			isMain: expiresSoon,
			run: () => command({type: 'renew-code'}),
		},
		{
			key: 'u',
			label: words.copyLink,
			when: link !== undefined,
			isMain: linkIsMain,
			run: () => link !== undefined && void copyLink(link),
		},
		{
			key: 'd',
			label: words.device,
			when: !isCodeScreen && canUse('device'),
			isMain: !isOpen(flows.device),
			run: () => show('device'),
		},
		{key: 'c', label: words.copyCode, when: hasCode, run: () => hasCode && void copy(userCode, messages.copy.code)},
		{
			key: 'b',
			label: words.browser[display.terminal.browser ?? 'here'],
			when: isCodeScreen && canUse('browser'),
			run: () => show('browser'),
		},
		{
			key: 's',
			label: qrCodeShown ? words.hideQrCode : words.showQrCode,
			when: isCodeScreen && qrCode.isPossible && !hidesCode,
			run: () => setWantsQrCode(!qrCodeShown),
		},
		{
			key: 'h',
			label: hidesCode ? words.showCode : words.hideCode,
			when: hasCode,
			run: () => setHidesCode(!hidesCode),
		},
		{
			key: 'w',
			label: words.writeLink,
			when: link !== undefined && writeAbove !== undefined,
			run: () => link !== undefined && writeAbove?.(link),
		},
		{
			key: 'r',
			label: latest === undefined || isPreferred ? words.askEachTime : words.always[latest],
			when: preference !== undefined && latest !== undefined,
			run: prefer,
		},
		{key: 'escape', label: words.back, when: canGoBack, isMain: true},
	];

	useKeys({
		onKey(key) {
			if (keys.some(({key: name, when = true}) => name === key && when)) dismiss();
			runKey(keys, key);
		},
		isActive,
	});
	return {keys, notice, qrCodeShown, hidesCode, presses};
};
