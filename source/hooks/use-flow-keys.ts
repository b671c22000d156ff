import {useState} from 'react';
import {displayText} from '../core/safe-text.js';
import {toLoginError} from '../core/errors.js';
import {isOpen, openFlows, type LoginState} from '../login/state.js';
import type {SafeUrl} from '../core/safe-url.js';
import {useClipboard} from './use-clipboard.js';
import {useKeys} from './use-keys.js';
import type {Messages} from '../text/messages.js';
import type {ScreenProps} from './screen-props.js';

export type FlowKeys = {
	/** Whether the person asked for the QR code, or asked it away; undefined before they did. */
	readonly wantsQrCode: boolean | undefined;
	/** Whether the code is not to be read by who looks over a shoulder (RFC 8628 §5.5). */
	readonly hidesCode: boolean;
	readonly more: boolean;
	/** What there is to say about the last thing that was asked for, or that went wrong. */
	readonly notice?: string;
};

type FlowKeysOptions = Pick<
	ScreenProps,
	'state' | 'command' | 'isActive' | 'terminal' | 'writeAbove' | 'notice' | 'preference'
> & {
	readonly messages: Messages;
	readonly primary: 'device' | 'browser';
	/** Whether a QR code is drawn before `s` was pressed; undefined where none can be drawn. Asked when it matters. */
	readonly qrCodeByDefault?: () => boolean | undefined;
};

const noticeOf = ({flows, pasteRejected, lastFailure}: LoginState, messages: Messages): string | undefined => {
	const rejected = flows.browser?.pasteRejected ?? pasteRejected;
	if (rejected !== undefined) return messages.browser.pasteRejected(rejected);
	if (lastFailure !== undefined) return messages.failure(lastFailure.code, lastFailure.reason);
	return isOpen(flows.browser) && (flows.browser?.ignored.count ?? 0) > 0 ? messages.browser.ignored : undefined;
};

/** The same with a code that cannot be read, nor scanned. */
export const withHiddenCode = (state: LoginState): LoginState => {
	const {device} = state.flows;
	if (device?.code === undefined) return state;
	const {verificationUriComplete: _, ...code} = device.code;
	const userCode = displayText(code.userCode.replaceAll(/[\p{L}\p{N}]/gu, '*'));
	return {...state, flows: {...state.flows, device: {...device, code: {...code, userCode}}}};
};

/** The address that `u` copies: the real one, not the short one that works on this computer only. */
const addressOf = ({flows}: LoginState, primary: 'device' | 'browser'): SafeUrl | undefined => {
	const device = isOpen(flows.device) ? flows.device?.code?.verificationUri : undefined;
	const browser = isOpen(flows.browser) ? flows.browser?.address?.url : undefined;
	return primary === 'device' ? (device ?? browser) : (browser ?? device);
};

/** The flow that "always" is about: the one that was taken last. */
const latestFlow = (state: LoginState): 'browser' | 'device' | undefined =>
	openFlows(state)
		.map(({flow}) => flow)
		.findLast(flow => flow === 'browser' || flow === 'device');

/** The keys of the screens that wait: each means the same on both of them. */
export const useFlowKeys = (options: FlowKeysOptions): FlowKeys => {
	const {state, command, isActive = true, terminal, writeAbove, messages, primary, qrCodeByDefault} = options;
	const {preference} = options;
	const {flows, discovery} = state;
	const [said, setSaid] = useState<string>();
	const [wantsQrCode, setWantsQrCode] = useState<boolean>();
	const [hidesCode, setHidesCode] = useState(false);
	const [more, setMore] = useState(false);
	const {copy, last: copied} = useClipboard(terminal?.clipboard);
	const [forgotten, setForgotten] = useState<unknown>();

	const copyUrl = async (address: SafeUrl) => {
		const {status} = await copy(address);
		if (status === 'unavailable') writeAbove?.(address);
	};
	const prefer = (flow: 'browser' | 'device') => {
		const {kept, forgotten: noLonger, notSaved} = messages.preference;
		const isSaved = preference?.flow === flow;
		preference?.change(isSaved ? undefined : flow).then(
			() => setSaid(isSaved ? noLonger : kept[flow]),
			(error: unknown) => setSaid(notSaved(toLoginError(error).message)),
		);
	};
	const openBrowserHere = () => {
		if (isOpen(flows.browser) || discovery?.flows.browser !== true) command({type: 'open-browser'});
		else command({type: 'open', flow: 'browser'});
	};

	const actions: Readonly<Record<string, () => void>> = {
		enter: openBrowserHere,
		b() {
			if (isOpen(flows.browser) || discovery?.flows.browser === true) openBrowserHere();
		},
		d() {
			if (!isOpen(flows.device) && discovery?.flows.device === true) command({type: 'open', flow: 'device'});
		},
		n() {
			if (isOpen(flows.device)) command({type: 'renew-code'});
		},
		c() {
			const code = flows.device?.code;
			if (isOpen(flows.device) && code !== undefined) void copy(code.userCode);
		},
		u() {
			const address = addressOf(state, primary);
			if (address !== undefined) void copyUrl(address);
		},
		w() {
			const address = addressOf(state, primary);
			if (address !== undefined) writeAbove?.(address);
		},
		r() {
			const flow = latestFlow(state);
			if (flow !== undefined) prefer(flow);
		},
		s() {
			const byDefault = qrCodeByDefault?.();
			if (byDefault !== undefined) setWantsQrCode(wanted => !(wanted ?? byDefault));
		},
		h() {
			if (isOpen(flows.device)) setHidesCode(hidden => !hidden);
		},
		'?'() {
			setMore(shown => !shown);
		},
	};

	useKeys({
		onKey(key) {
			const action = actions[key];
			if (action === undefined) return;
			// What was said about the last copy is over.
			setForgotten(copied);
			setSaid(undefined);
			action();
		},
		isActive,
	});

	const {copy: words} = messages;
	const copyNotice = () => {
		if (copied === undefined || copied === forgotten) return;
		const {outcome, text} = copied;
		if (outcome.status === 'unavailable') return words.unavailable(outcome.detail);
		if (outcome.status === 'sent') return outcome.detail ?? words.sent;
		return text === flows.device?.code?.userCode ? words.code : words.address;
	};
	const notice = said ?? copyNotice() ?? options.notice ?? noticeOf(state, messages);
	return {more, hidesCode, wantsQrCode, ...(notice !== undefined && {notice})};
};

/** The keys that lead somewhere now, the usual ones or the others. */
export const flowKeys = (
	state: LoginState,
	{
		primary,
		more,
		hidesCode,
		qrCodeIsShown,
		isNarrow,
		canGoBack,
		expiresSoon = false,
		canWrite,
		preference,
		messages: {keys},
	}: {
		readonly primary: 'device' | 'browser';
		readonly more: boolean;
		readonly hidesCode: boolean;
		readonly qrCodeIsShown: boolean | undefined;
		readonly isNarrow: boolean;
		readonly canGoBack: boolean;
		/** Whether the code had better be replaced before someone types it. */
		readonly expiresSoon?: boolean;
		/** Whether the address can be written above the screen. */
		readonly canWrite: boolean;
		readonly preference: ScreenProps['preference'];
		readonly messages: Messages;
	},
): string[] => {
	const {discovery, flows} = state;
	const flow = preference === undefined ? undefined : latestFlow(state);
	const device = isOpen(flows.device);
	const browser = isOpen(flows.browser);
	const canOpen = (flow: 'browser' | 'device') => discovery?.flows[flow] === true && !isOpen(flows[flow]);
	const wanted = (isWanted: boolean, hint: string) => (isWanted ? [hint] : []);
	if (more) {
		return [
			...wanted(canOpen('browser'), keys.addBrowser),
			...wanted(canOpen('device'), keys.addCode),
			...wanted(qrCodeIsShown !== undefined, qrCodeIsShown ? keys.hideQrCode : keys.showQrCode),
			...wanted(device, keys.newCode),
			...wanted(device, hidesCode ? keys.showCode : keys.hideCode),
			...wanted(canWrite, keys.writeUrl),
			...(flow === undefined ? [] : [preference?.flow === flow ? keys.notAlways : keys.always[flow]]),
			keys.fewer,
		];
	}

	return [
		primary === 'device' && !browser ? keys.openHere : keys.openAgain,
		...wanted(device && expiresSoon, keys.newCode),
		...wanted(device, keys.copyCode),
		...wanted(qrCodeIsShown === false, keys.showQrCode),
		keys.copyUrl,
		isNarrow ? keys.moreBriefly : keys.more,
		...wanted(canGoBack, keys.back),
	];
};
