import type {ReactNode} from 'react';
import {isOpen} from '../engine/login-state.js';
import {addedDevice} from './added-way.js';
import {FrameView} from './frame-view.js';
import {consentHeader} from './header.js';
import {layOutBrowser} from './lay-out-browser.js';
import {openingFrame} from './opening-frame.js';
import type {ScreenProps} from './screen-props.js';
import {SpokenLines, spokenFlows} from './spoken.js';
import {isNearEnd} from './time-left.js';
import {useMoment, type Moment} from './use-screen.js';
import {useFlowKeys, flowKeys, withHiddenCode} from './use-way-controls.js';
import {browserStatus} from './way-status.js';

/** What `<BrowserScreen>` takes. */
export type BrowserScreenProps = ScreenProps;

/** The browser flow's short link and what it waits for (RFC 8252), with a device flow under it if one is open. */
export function BrowserScreen(props: BrowserScreenProps): ReactNode {
	return <AtMoment {...props} {...useMoment(props)} />;
}

function AtMoment({display, size, speaks, pulse, ...props}: BrowserScreenProps & Moment): ReactNode {
	const {canGoBack = false} = props;
	const {messages} = display;
	const controls = useFlowKeys({...props, messages, primary: 'browser'});
	const state = controls.hidesCode ? withHiddenCode(props.state) : props.state;
	const browser = isOpen(state.flows.browser) ? state.flows.browser : undefined;
	const device = isOpen(state.flows.device) ? state.flows.device : undefined;
	if (browser === undefined) return null;

	const {columns} = size;
	const asking = consentHeader(state, props, display);
	const keys = flowKeys(state, {
		primary: 'browser',
		more: controls.more,
		hidesCode: controls.hidesCode,
		qrCodeIsShown: undefined,
		isNarrow: columns < 60,
		canGoBack,
		expiresSoon: device !== undefined && isNearEnd(pulse.device),
		canWrite: props.writeAbove !== undefined,
		preference: props.preference,
		messages,
	});
	if (speaks) return <SpokenLines lines={spokenFlows(state, asking, keys, display)} notice={controls.notice} />;

	const status = browserStatus(browser, pulse.browser, display);
	const added = device === undefined ? [] : addedDevice(device, pulse, display, columns);
	const {address, opener} = browser;
	const frame =
		address === undefined
			? openingFrame({asking, status: status.line, added, canGoBack, size, display})
			: layOutBrowser(size, {
					asking,
					address,
					opener,
					status,
					added,
					takesLong: pulse.browser > 0 && pulse.browser <= 4 * 60_000,
					canUseCode: state.discovery?.flows.device === true && device === undefined,
					notice: controls.notice,
					keys,
					moreKeys: controls.more,
					display,
				});
	return <FrameView frame={frame} columns={columns} display={display} parts={props.components} />;
}
