import {useState} from 'react';
import {displayText} from '../engine/display-text.js';
import {toLoginError} from '../engine/login-error.js';
import {isOpen, openRoutes, type LoginState} from '../engine/login-state.js';
import type {SafeUrl} from '../engine/safe-url.js';
import {useClipboard} from '../hooks/use-clipboard.js';
import {useKeys} from '../hooks/use-keys.js';
import type {Messages} from '../sinks/messages.js';
import type {ScreenProps} from './screen-props.js';

export type WayControls = {
	/** Whether the person asked for the square, or asked it away; undefined before they did. */
	readonly wantsSquare: boolean | undefined;
	/** Whether the code is not to be read by who looks over a shoulder (RFC 8628 §5.5). */
	readonly hidesCode: boolean;
	readonly more: boolean;
	/** What there is to say about the last thing that was asked for, or that went wrong. */
	readonly notice?: string;
};

type WayControlsOptions = Pick<
	ScreenProps,
	'state' | 'command' | 'isActive' | 'terminal' | 'writeAbove' | 'notice' | 'preference'
> & {
	readonly messages: Messages;
	readonly primary: 'device' | 'browser';
	/** Whether a square is drawn before `s` was pressed; undefined where none can be drawn. Asked when it matters. */
	readonly squareByDefault?: () => boolean | undefined;
};

const noticeOf = ({routes, pasteRejected, lastFailure}: LoginState, messages: Messages): string | undefined => {
	const rejected = routes.browser?.pasteRejected ?? pasteRejected;
	if (rejected !== undefined) return messages.browser.pasteRejected(rejected);
	if (lastFailure !== undefined) return messages.failure(lastFailure.code, lastFailure.reason);
	return isOpen(routes.browser) && (routes.browser?.ignored.count ?? 0) > 0 ? messages.browser.ignored : undefined;
};

/** The same with a code that cannot be read, nor scanned. */
export const withHiddenCode = (state: LoginState): LoginState => {
	const {device} = state.routes;
	if (device?.code === undefined) return state;
	const {verificationUriComplete: _, ...code} = device.code;
	const userCode = displayText(code.userCode.replaceAll(/[\p{L}\p{N}]/gu, '*'));
	return {...state, routes: {...state.routes, device: {...device, code: {...code, userCode}}}};
};

/** The address that `u` copies: the real one, not the short one that works on this computer only. */
const addressOf = ({routes}: LoginState, primary: 'device' | 'browser'): SafeUrl | undefined => {
	const device = isOpen(routes.device) ? routes.device?.code?.verificationUri : undefined;
	const browser = isOpen(routes.browser) ? routes.browser?.address?.url : undefined;
	return primary === 'device' ? (device ?? browser) : (browser ?? device);
};

/** The way that "always" is about: the one that was taken last. */
const latestWay = (state: LoginState): 'browser' | 'device' | undefined =>
	openRoutes(state)
		.map(({route}) => route)
		.findLast(route => route === 'browser' || route === 'device');

/** The keys of the screens that wait: each means the same on both of them. */
export const useWayControls = (options: WayControlsOptions): WayControls => {
	const {state, command, isActive = true, terminal, writeAbove, messages, primary, squareByDefault} = options;
	const {preference} = options;
	const {routes, discovery} = state;
	const [said, setSaid] = useState<string>();
	const [wantsSquare, setWantsSquare] = useState<boolean>();
	const [hidesCode, setHidesCode] = useState(false);
	const [more, setMore] = useState(false);
	const {copy, last: copied} = useClipboard(terminal?.clipboard);
	const [forgotten, setForgotten] = useState<unknown>();

	const copyAddress = async (address: SafeUrl) => {
		const {status} = await copy(address);
		if (status === 'unavailable') writeAbove?.(address);
	};
	const prefer = (way: 'browser' | 'device') => {
		const {kept, forgotten: noLonger, notKept} = messages.preference;
		const isKept = preference?.route === way;
		preference?.change(isKept ? undefined : way).then(
			() => setSaid(isKept ? noLonger : kept[way]),
			(error: unknown) => setSaid(notKept(toLoginError(error).message)),
		);
	};
	const openBrowserHere = () => {
		if (isOpen(routes.browser) || discovery?.routes.browser !== true) command({type: 'open-browser'});
		else command({type: 'open', route: 'browser'});
	};

	const actions: Readonly<Record<string, () => void>> = {
		enter: openBrowserHere,
		b() {
			if (isOpen(routes.browser) || discovery?.routes.browser === true) openBrowserHere();
		},
		d() {
			if (!isOpen(routes.device) && discovery?.routes.device === true) command({type: 'open', route: 'device'});
		},
		n() {
			if (isOpen(routes.device)) command({type: 'renew-code'});
		},
		c() {
			const code = routes.device?.code;
			if (isOpen(routes.device) && code !== undefined) void copy(code.userCode);
		},
		u() {
			const address = addressOf(state, primary);
			if (address !== undefined) void copyAddress(address);
		},
		w() {
			const address = addressOf(state, primary);
			if (address !== undefined) writeAbove?.(address);
		},
		r() {
			const way = latestWay(state);
			if (way !== undefined) prefer(way);
		},
		s() {
			const byDefault = squareByDefault?.();
			if (byDefault !== undefined) setWantsSquare(wanted => !(wanted ?? byDefault));
		},
		h() {
			if (isOpen(routes.device)) setHidesCode(hidden => !hidden);
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
		return text === routes.device?.code?.userCode ? words.code : words.address;
	};
	const notice = said ?? copyNotice() ?? options.notice ?? noticeOf(state, messages);
	return {more, hidesCode, wantsSquare, ...(notice !== undefined && {notice})};
};

/** The keys that lead somewhere now, the usual ones or the others. */
export const wayKeys = (
	state: LoginState,
	{
		primary,
		more,
		hidesCode,
		squareIsShown,
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
		readonly squareIsShown: boolean | undefined;
		readonly isNarrow: boolean;
		readonly canGoBack: boolean;
		/** Whether the code had better be replaced before somebody types it. */
		readonly expiresSoon?: boolean;
		/** Whether the address can be written above the screen. */
		readonly canWrite: boolean;
		readonly preference: ScreenProps['preference'];
		readonly messages: Messages;
	},
): string[] => {
	const {discovery, routes} = state;
	const way = preference === undefined ? undefined : latestWay(state);
	const device = isOpen(routes.device);
	const browser = isOpen(routes.browser);
	const canOpen = (route: 'browser' | 'device') => discovery?.routes[route] === true && !isOpen(routes[route]);
	const wanted = (isWanted: boolean, hint: string) => (isWanted ? [hint] : []);
	if (more) {
		return [
			...wanted(canOpen('browser'), keys.addBrowser),
			...wanted(canOpen('device'), keys.addCode),
			...wanted(squareIsShown !== undefined, squareIsShown ? keys.hideSquare : keys.showSquare),
			...wanted(device, keys.newCode),
			...wanted(device, hidesCode ? keys.showCode : keys.hideCode),
			...wanted(canWrite, keys.writeAddress),
			...(way === undefined ? [] : [preference?.route === way ? keys.notAlways : keys.always[way]]),
			keys.fewer,
		];
	}

	return [
		primary === 'device' && !browser ? keys.openHere : keys.openAgain,
		...wanted(device && expiresSoon, keys.newCode),
		...wanted(device, keys.copyCode),
		...wanted(squareIsShown === false, keys.showSquare),
		keys.copyAddress,
		isNarrow ? keys.moreBriefly : keys.more,
		...wanted(canGoBack, keys.back),
	];
};
