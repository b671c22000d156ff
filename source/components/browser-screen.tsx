import type {ReactNode} from 'react';
import {isOpen} from '../login/state.js';
import {addedDevice, browserStatus} from '../layout/flow-status.js';
import {FrameView} from './rows.js';
import {consentHeader, openingFrame} from '../layout/header.js';
import {layOutBrowser} from '../layout/browser.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines, spokenFlows} from './screen-reader.js';
import {isNearEnd} from '../layout/time-left.js';
import {useMoment, type Moment} from '../hooks/use-screen.js';
import {useFlowKeys, flowKeys, withHiddenCode} from '../hooks/use-flow-keys.js';

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
