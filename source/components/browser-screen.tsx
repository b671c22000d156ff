import type {ReactNode} from 'react';
import {systemClock} from '../core/clock.js';
import {loopbackPort} from '../core/safe-url.js';
import {ifOpen, type BrowserState} from '../login/state.js';
import {alsoLine, browserStatus, comesBack, isNearEnd, withKey} from '../layout/status.js';
import {FrameView} from './frame.js';
import {consentHeader} from '../layout/header.js';
import {layOutBrowser, layOutWaiting, type BrowserContent} from '../layout/browser.js';
import type {Display} from '../layout/theme.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines, spokenFlows} from './screen-reader.js';
import {useMoment, useScreen} from '../hooks/use-screen.js';
import {useFlowKeys, withHiddenCode, type EnterKey} from '../hooks/use-flow-keys.js';

/** What `<BrowserScreen>` takes. */
export type BrowserScreenProps = ScreenProps;

/** How the person gets to the page, by where their browser is. */
const howToOpen = (
	browser: BrowserState | undefined,
	{terminal}: Display,
): Pick<BrowserContent, 'how'> & {readonly link: 'short' | 'long'} => {
	const {address, opener} = browser ?? {};
	const hasFailed = opener?.status === 'failed' || opener?.status === 'skipped';
	if (terminal.browser !== 'elsewhere') return {how: {by: hasFailed ? 'link' : 'browser'}, link: 'short'};
	if (opener?.status === 'opened') return {how: {by: 'browser'}, link: 'short'};
	const port = address && loopbackPort(address.redirectUri);
	const command = port === undefined ? undefined : terminal.forwardLine?.(port);
	// Without such a command the port here is out of reach for that browser, and so is the short link.
	return command === undefined
		? {how: {by: 'link-anywhere'}, link: 'long'}
		: {how: {by: 'command', command}, link: 'short'};
};

/** The browser flow's link and what it waits for (RFC 8252). */
export function BrowserScreen(props: BrowserScreenProps): ReactNode {
	const {clock = systemClock} = props;
	const {display, size, speaks} = useScreen(props);
	const moment = useMoment(props.state, 'browser', {clock, isStill: speaks});
	const {messages, terminal} = display;
	const {flows} = props.state;
	const browser = ifOpen(flows.browser);
	const device = ifOpen(flows.device);
	const address = browser?.address;
	const {how, link: which} = howToOpen(browser, display);
	const link = which === 'short' ? address?.shortUrl : address?.url;
	const {keys: words, copy} = messages;
	const enters: Readonly<Record<typeof how.by, EnterKey>> = {
		browser: {does: 'open-again', text: undefined, named: '', label: words.openAgain},
		link: {does: 'copy', text: link, named: copy.link, label: words.copyLink},
		'link-anywhere': {does: 'copy', text: link, named: copy.link, label: words.copyLink},
		command: {
			does: 'copy',
			text: how.by === 'command' ? how.command : undefined,
			named: copy.command,
			label: words.copyCommand,
		},
	};
	const controls = useFlowKeys({
		props,
		display,
		shown: 'browser',
		enter: enters[how.by],
		link: how.by === 'command' ? link : address?.url,
		linkIsMain: how.by === 'command',
		expiresSoon: device?.code !== undefined && isNearEnd(moment.deviceLeft),
	});
	if (browser === undefined) return null;

	const {keys, notice, presses} = controls;
	const state = controls.hidesCode ? withHiddenCode(props.state) : props.state;
	const asking = consentHeader(state, props, display);
	if (speaks) return <SpokenLines lines={spokenFlows(state, asking, keys, display)} notice={notice?.text} />;

	// Where a command is to be run, it goes without saying that nothing opens here.
	const {opener: _, ...unopened} = browser;
	const status = browserStatus(how.by === 'command' ? unopened : browser, moment.browserLeft, display);
	const waiting = {asking, isBusy: moment.isBusy, presses};
	const port = address && loopbackPort(address.redirectUri);
	const late = moment.browserLeft > 0 && moment.browserLeft <= 4 * 60_000 && state.discovery?.flows.device === true;
	const frame =
		address === undefined || link === undefined
			? layOutWaiting(
					size,
					{...waiting, waiting: status.waiting, keys: keys.filter(({key}) => key === 'escape')},
					display,
				)
			: layOutBrowser(
					size,
					{
						...waiting,
						keys,
						status,
						link,
						how,
						comesBack: comesBack(address),
						forwardedAddress: port === undefined ? undefined : terminal.forwardedAddress?.(port),
						notice,
						aside:
							alsoLine({device: device && state.flows.device}, 'browser', display) ??
							(late ? withKey(messages.browser.stuckThere, 'd') : undefined),
					},
					display,
				);
	return <FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />;
}
