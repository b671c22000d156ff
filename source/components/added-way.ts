import type {BrowserState, DeviceState} from '../engine/login-state.js';
import {forwardLines} from './forward-lines.js';
import {linkLines, indent, widthOf, type Line} from './line.js';
import type {Display} from './look.js';
import type {Pulse} from './use-screen.js';
import {browserStatus, deviceStatus, statusLine} from './way-status.js';

/** A flow that was added to another stands under it: what to do in one line, the address, its own status. */
const addedLines = ({
	title,
	address,
	status,
}: {
	readonly title: string;
	readonly address: readonly Line[];
	readonly status: Line;
}): Line[] => [[{text: ' '}, {text: title, bold: true}], ...address, ...indent(1, [status])];

export const addedBrowser = (browser: BrowserState, left: number, display: Display, columns: number): Line[] => {
	const {address: shown} = browser;
	const line = statusLine(browserStatus(browser, left, display), columns - 1);
	if (shown === undefined) return indent(1, [line]);
	const address = linkLines(shown.shortUrl, {width: columns, margin: 1, links: display.environment.hyperlinks});
	const forward = forwardLines(shown, display, columns);
	return addedLines({title: display.messages.browser.added, address: [...address, ...forward], status: line});
};

export const addedDevice = (device: DeviceState, pulse: Pulse, display: Display, columns: number): Line[] => {
	const {code} = device;
	const line = statusLine(deviceStatus(device, pulse, display), columns - 1);
	if (code === undefined) return indent(1, [line]);
	const {added, enter} = display.messages.code;
	const address = linkLines(code.verificationUri, {
		width: columns,
		margin: 1,
		links: display.environment.hyperlinks,
	});
	const words = enter(code.userCode);
	const [before = '', after = ''] = words.split(code.userCode);
	const type: Line = [{text: ` ${before}`}, {text: code.userCode, bold: true}, {text: after}];
	const fits = widthOf(words) < columns;
	return [
		[{text: ' '}, {text: added, bold: true}],
		...address,
		...(fits ? [type] : [[{text: code.userCode, bold: true}]]),
		...indent(1, [line]),
	];
};
