import {useMemo, type ReactNode} from 'react';
import {isLoopbackHost} from '../core/safe-url.js';
import {ifOpen, type DeviceState, type LoginState} from '../login/state.js';
import {alsoLine, deviceStatus, isNearEnd, withKey} from '../layout/status.js';
import {systemClock} from '../core/clock.js';
import {layOutWaiting} from '../layout/browser.js';
import {layOutCode, layOutQrCode, type CodeContent} from '../layout/device-code.js';
import type {QrCodeRows} from '../layout/fit.js';
import {consentHeader} from '../layout/header.js';
import type {Line} from '../layout/line.js';
import type {Display} from '../layout/theme.js';
import {FrameView} from './frame.js';
import {qrCodeSize} from './qr-code.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines, spokenFlows} from './screen-reader.js';
import {useMoment, useScreen} from '../hooks/use-screen.js';
import {useFlowKeys, withHiddenCode, type EnterKey} from '../hooks/use-flow-keys.js';

/** What `<DeviceCodeScreen>` takes. */
export type DeviceCodeScreenProps = ScreenProps;

/** The QR code holds the complete link where there is one (RFC 8628 §3.3.1). */
const useQrCode = (code: DeviceState['code']): QrCodeRows | undefined => {
	const text = code?.verificationUriComplete ?? code?.verificationUri;
	return useMemo(() => {
		const size = text === undefined ? undefined : qrCodeSize(text);
		return size && text !== undefined ? {...size, text} : undefined;
	}, [text]);
};

/** Some servers refuse codes, and some computers' clocks run fast; both show after a while. */
const lateAdvice = ({polling}: DeviceState, {discovery}: LoginState, {messages: {code}}: Display): Line | undefined => {
	if (polling === undefined || polling.kind === 'backoff') return undefined;
	if (polling.kind === 'slowed-down' && (polling.inARow ?? 1) > 1) return [{text: code.fastClock, dim: true}];
	const takesLong = polling.checks * polling.interval >= 60;
	return takesLong && discovery?.flows.browser === true ? withKey(code.refusedThere, 'b') : undefined;
};

/** The link, the code and the QR code of the device flow (RFC 8628 §3.3). */
export function DeviceCodeScreen(props: DeviceCodeScreenProps): ReactNode {
	const {clock = systemClock} = props;
	const {display, size, speaks} = useScreen(props);
	const moment = useMoment(props.state, 'device', {clock, isStill: speaks});
	const {messages, environment, glyphs, terminal} = display;
	const {flows, discovery} = props.state;
	const device = ifOpen(flows.device);
	const qrCode = useQrCode(glyphs.blocks ? device?.code : undefined);
	const link = device?.code?.verificationUri;
	const isLocal = link !== undefined && isLoopbackHost(new URL(link).hostname) && environment.phoneReachable !== true;
	const opens = terminal.browser !== 'elsewhere' && device?.opener?.status !== 'failed';
	const enter: EnterKey = opens
		? {
				does: 'open-and-copy-code',
				text: device?.code?.userCode,
				named: messages.copy.code,
				label: messages.keys.copyAndOpen,
				brief: messages.keys.copyAndOpenBriefly,
			}
		: {does: 'copy', text: link, named: messages.copy.link, label: messages.keys.copyLink};

	const asking = consentHeader(props.state, props, display);
	const status = device && deviceStatus(device, moment.deviceLeft, clock.now(), display);
	const other = alsoLine({browser: ifOpen(flows.browser)}, 'device', display);
	const content = (qrCodeShown: boolean, code = device?.code): CodeContent | undefined =>
		device &&
		code &&
		status && {
			asking,
			link: code.verificationUri,
			userCode: code.userCode,
			qrCode,
			qrCodeShown,
			isLocal,
			foreignHost:
				code.onForeignHost === true && discovery !== undefined
					? [new URL(code.verificationUri).host, new URL(discovery.issuer).host]
					: undefined,
			status,
			notice: undefined,
			isBusy: moment.isBusy,
			aside: other ?? lateAdvice(device, props.state, display),
			keys: [],
			presses: 0,
		};
	const plain = content(true);
	const hasRoom = plain !== undefined && layOutCode(size, plain, display).hasRoom;
	// Without colours a QR code reads well on dark themes only, so it is drawn on request.
	const byDefault = hasRoom && (props.showQr ?? (environment.color && !isLocal));
	const controls = useFlowKeys({
		props,
		display,
		shown: 'device',
		enter,
		link,
		qrCode: {isPossible: qrCode !== undefined, byDefault},
		expiresSoon: isNearEnd(moment.deviceLeft) && device?.code !== undefined,
	});
	if (device === undefined || status === undefined) return null;

	const {keys, notice, qrCodeShown, presses} = controls;
	const state = controls.hidesCode ? withHiddenCode(props.state) : props.state;
	if (speaks) {
		return <SpokenLines lines={spokenFlows(state, asking, keys, display)} notice={notice?.text} />;
	}

	const draw = (frame: Parameters<typeof FrameView>[0]['frame']) => (
		<FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />
	);
	const shown = content(qrCodeShown, state.flows.device?.code);
	if (shown === undefined) {
		const back = keys.filter(({key}) => key === 'escape');
		return draw(
			layOutWaiting(size, {asking, waiting: status.waiting, isBusy: moment.isBusy, keys: back, presses}, display),
		);
	}

	const full = {...shown, notice, keys, presses};
	if (!qrCodeShown || hasRoom) return draw(layOutCode(size, full, display).frame);
	const tooSmall = qrCode && messages.tooSmallForQrCode(qrCode.columns, qrCode.rows + 3, size.columns, size.rows + 1);
	const warned = {
		...full,
		qrCodeShown: false,
		notice: tooSmall ? ({tone: 'warning', text: tooSmall} as const) : notice,
	};
	return draw(layOutQrCode(size, full, display) ?? layOutCode(size, warned, display).frame);
}
