import {useMemo, type ReactNode} from 'react';
import {isLoopbackHost} from '../core/safe-url.js';
import {isOpen, type DeviceState, type LoginState} from '../login/state.js';
import {addedBrowser, deviceStatus} from '../layout/flow-status.js';
import {FrameView} from './rows.js';
import {qrCodeMargin, type Frame, type QrCodeRows} from '../layout/fit.js';
import {consentHeader, openingFrame} from '../layout/header.js';
import {layOut, type CodeContent} from '../layout/device-code.js';
import type {Display} from '../layout/theme.js';
import {qrCodeSize} from './qr-code.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines, spokenFlows} from './screen-reader.js';
import {isNearEnd} from '../layout/time-left.js';
import {useMoment, type Moment} from '../hooks/use-screen.js';
import {useFlowKeys, flowKeys, withHiddenCode, type FlowKeys} from '../hooks/use-flow-keys.js';

/** What `<DeviceCodeScreen>` takes. */
export type DeviceCodeScreenProps = ScreenProps;

/** The QR code holds the complete address where there is one (RFC 8628 §3.3.1). */
const useQrCode = (code: DeviceState['code']): QrCodeRows | undefined => {
	const text = code?.verificationUriComplete ?? code?.verificationUri;
	return useMemo(() => {
		const size = text === undefined ? undefined : qrCodeSize(text);
		return size && text !== undefined ? {...size, text} : undefined;
	}, [text]);
};

/** After a minute without an approval it is time to say what may be in the way. */
const takesLong = ({polling}: DeviceState): boolean =>
	polling !== undefined && polling.kind !== 'backoff' && polling.checks * polling.interval >= 60;

const remarksOf = (
	device: DeviceState,
	{discovery, flows}: LoginState,
	{messages: {code: words}, environment}: Display,
) => {
	const {code, polling} = device;
	const isLocal = code !== undefined && isLoopbackHost(new URL(code.verificationUri).hostname);
	const mayRefuse = takesLong(device) && !isOpen(flows.browser) && discovery?.flows.browser === true;
	const isForeign = code?.onForeignHost === true && discovery !== undefined;
	return [
		...(isForeign ? [words.foreignHost(new URL(code.verificationUri).host, new URL(discovery.issuer).host)] : []),
		...((environment.phoneReachable ?? !isLocal) ? [] : [words.phoneCannotReach]),
		...(polling?.kind === 'slowed-down' && (polling.inARow ?? 1) > 1 ? [words.fastClock] : []),
		...(mayRefuse ? [words.organisations] : []),
	];
};

/** The address, the code and the QR code of the device flow (RFC 8628 §3.3), with a browser flow under it if one is open. */
export function DeviceCodeScreen(props: DeviceCodeScreenProps): ReactNode {
	return <AtMoment {...props} {...useMoment(props)} />;
}

function AtMoment({display, size, speaks, pulse, ...props}: DeviceCodeScreenProps & Moment): ReactNode {
	const {state, showQr = true, canGoBack = false} = props;
	const {messages, environment, glyphs} = display;
	const device = isOpen(state.flows.device) ? state.flows.device : undefined;
	const browser = isOpen(state.flows.browser) ? state.flows.browser : undefined;

	const qrCode = useQrCode(glyphs.blocks ? device?.code : undefined);
	// Without colours a QR code reads well on dark themes only, so it is drawn on request.
	const offered = showQr && environment.color ? qrCode : undefined;

	const asking = consentHeader(state, props, display);
	const contentWith = (drawn: QrCodeRows | undefined, controls: Partial<FlowKeys>): CodeContent | undefined => {
		const shown = (controls.hidesCode ? withHiddenCode(state) : state).flows.device?.code;
		if (device === undefined || shown === undefined) return undefined;
		const {verificationUri, verificationUriComplete, userCode} = shown;
		const formerCode = device.formerCodes.at(-1);
		const status = deviceStatus(device, pulse, display);
		return {
			asking,
			address: verificationUri,
			userCode,
			...(drawn !== undefined && {qrCode: drawn, qrCodeFirst: controls.wantsQrCode === true}),
			completes: verificationUriComplete !== undefined,
			status,
			...(formerCode !== undefined && {formerCode}),
			remarks: remarksOf(device, state, display),
			added: width => (browser === undefined ? [] : addedBrowser(browser, pulse.browser, display, width)),
			...(controls.notice !== undefined && {notice: controls.notice}),
			keys: keysFor(controls, qrCode && !controls.hidesCode ? drawn !== undefined : undefined),
			moreKeys: controls.more === true,
			display,
		};
	};
	const keysFor = ({more = false, hidesCode = false}: Partial<FlowKeys>, qrCodeIsShown: boolean | undefined) =>
		flowKeys(state, {
			primary: 'device',
			more,
			hidesCode,
			qrCodeIsShown,
			isNarrow: size.columns < 60,
			canGoBack,
			expiresSoon: isNearEnd(pulse.device),
			canWrite: props.writeAbove !== undefined,
			preference: props.preference,
			messages,
		});
	const draw = (drawn: QrCodeRows | undefined, controls: Partial<FlowKeys>): Frame | undefined => {
		const content = contentWith(drawn, controls);
		return content && layOut(size, content);
	};

	const controls = useFlowKeys({
		...props,
		messages,
		primary: 'device',
		qrCodeByDefault: () => qrCode && draw(offered, {})?.qrCode !== undefined,
	});
	if (device === undefined) return null;
	const {columns} = size;
	if (speaks) {
		const told = controls.hidesCode ? withHiddenCode(state) : state;
		const lines = spokenFlows(told, asking, keysFor(controls, undefined), display);
		return <SpokenLines lines={lines} notice={controls.notice} />;
	}

	if (device.code === undefined) {
		const status = deviceStatus(device, pulse, display);
		const added = browser && addedBrowser(browser, pulse.browser, display, columns);
		const frame = openingFrame({asking, status: status.line, added, canGoBack, size, display});
		return <FrameView frame={frame} columns={columns} display={display} parts={props.components} />;
	}

	const asked = controls.wantsQrCode === undefined ? offered : controls.wantsQrCode ? qrCode : undefined;
	// Anyone who scans it has the code.
	const wanted = controls.hidesCode ? undefined : asked;
	const withQrCode = draw(wanted, controls);
	const tooSmall =
		controls.wantsQrCode === true && wanted !== undefined && qrCode !== undefined && withQrCode?.qrCode === undefined
			? {notice: messages.tooSmallForQrCode(qrCode.columns + qrCodeMargin, qrCode.rows + 4)}
			: {};
	const frame = withQrCode?.qrCode === undefined ? draw(undefined, {...tooSmall, ...controls}) : withQrCode;
	return frame && <FrameView frame={frame} columns={columns} display={display} parts={props.components} />;
}
