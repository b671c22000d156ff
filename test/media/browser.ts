import process from 'node:process';
import {chromium, type Locator, type Page} from 'playwright-core';
import {qrMatrix} from '../../source/terminal/qr.js';
import {escape, type Look} from './svg.js';

/** Which looks like what: a phone has no buttons to close it. */
export type Device = 'phone' | 'window';

/** Pixels of the picture; the page in it is drawn smaller than a browser draws it. */
type Size = {readonly width: number; readonly height: number};
const scale = 0.68;
const bar = 34;
const edge = 8;

type Box = {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	readonly radius: number;
	readonly fill: string;
	readonly line: string;
};
type Words = {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly size: number;
	readonly isBold: boolean;
	readonly isMono: boolean;
	readonly fill: string;
	readonly text: string;
};
type Icon = {
	readonly x: number;
	readonly y: number;
	readonly scale: number;
	readonly line: string;
	readonly svg: string;
};

/** What a page shows, where the browser has put it. */
type PageParts = {readonly boxes: readonly Box[]; readonly icons: readonly Icon[]; readonly words: readonly Words[]};

/** Runs in the page: it must name no function, which the loader would wrap in a helper that the page has not. */
const partsOf = async (page: Page): Promise<PageParts> =>
	page.evaluate(() => {
		const measure = new OffscreenCanvas(1, 1).getContext('2d')!;
		const elements = Array.from(document.querySelectorAll<HTMLElement>('body, main, main *:not(svg *)'));
		const boxes = elements.flatMap(element => {
			const {x, y, width, height} = element.getBoundingClientRect();
			const style = getComputedStyle(element);
			const fill =
				element instanceof SVGElement || style.backgroundColor === 'rgba(0, 0, 0, 0)' ? '' : style.backgroundColor;
			const line = Number.parseFloat(style.borderTopWidth) > 0 ? style.borderTopColor : '';
			const isSeen = width > 0 && (fill !== '' || line !== '');
			return isSeen ? [{x, y, width, height, radius: Number.parseFloat(style.borderTopLeftRadius), fill, line}] : [];
		});
		const icons = elements.flatMap(element => {
			if (!(element instanceof SVGElement)) return [];
			const {x, y, width} = element.getBoundingClientRect();
			return [{x, y, scale: width / 48, line: getComputedStyle(element).color, svg: element.innerHTML}];
		});
		const words = elements.flatMap(element =>
			Array.from(element.childNodes).flatMap(node => {
				if (!(node instanceof Text)) return [];
				const style = getComputedStyle(element);
				measure.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
				const ascent = measure.measureText('x').fontBoundingBoxAscent;
				const lines: {x: number; y: number; width: number; text: string}[] = [];
				for (const {0: text, index} of node.data.matchAll(/\S+/g)) {
					const range = new Range();
					range.setStart(node, index);
					range.setEnd(node, index + text.length);
					const {x, y, width} = range.getBoundingClientRect();
					const last = lines.at(-1);
					if (last && Math.abs(last.y - y) < 2) {
						last.text += ` ${text}`;
						last.width = x + width - last.x;
					} else if (width > 0) {
						lines.push({x, y, width, text});
					}
				}

				return lines.map(line => ({
					...line,
					y: line.y + ascent,
					size: Number.parseFloat(style.fontSize),
					isBold: Number(style.fontWeight) > 500,
					isMono: style.fontFamily.includes('monospace'),
					fill: style.color,
				}));
			}),
		);
		return {boxes, icons, words};
	});

const round = (value: number): number => Math.round(value * 10) / 10;

const drawParts = ({boxes, icons, words}: PageParts): string =>
	[
		...boxes.map(
			({x, y, width, height, radius, fill, line}) =>
				`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}" fill="${fill || 'none'}"${line && ` stroke="${line}"`}/>`,
		),
		...icons.map(
			icon =>
				`<g transform="translate(${round(icon.x)} ${round(icon.y)}) scale(${round(icon.scale)})" fill="none" stroke="${icon.line}" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">${icon.svg}</g>`,
		),
		...words.map(
			({x, y, width, size, isBold, isMono, fill, text}) =>
				`<text x="${round(x)}" y="${round(y)}" textLength="${round(width)}" font-size="${size}"${isMono ? '' : ' class="s"'}${isBold ? ' font-weight="600"' : ''} fill="${fill}">${escape(text)}</text>`,
		),
	].join('');

/** What stands around a page: where it is from can be read, as everywhere. */
const drawDevice = (device: Device, {width, height}: Size, look: Look, host: string, content: string): string => {
	const isPhone = device === 'phone';
	const radius = isPhone ? 26 : 8;
	const top = isPhone ? 6 : 0;
	const dots = isPhone ? '' : [14, 26, 38].map(x => `<circle cx="${x}" cy="17" r="4" fill="${look.faint}"/>`).join('');
	const left = isPhone ? edge + 14 : 52;
	const field = `<rect x="${left}" y="${top + 6}" width="${width - left - (isPhone ? left : 12)}" height="22" rx="11" fill="${look.background}"/>`;
	const middle = isPhone ? width / 2 : (left + width - 12) / 2;
	const address =
		host &&
		`${field}<text x="${middle}" y="${top + 21}" text-anchor="middle" class="s" font-size="12">${escape(host)}</text>`;
	return `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="${radius}" fill="${look.frame}" stroke="${look.line}"/>${dots}${address}${content}`;
};

/** The hole in a device in which its page is. */
const holeOf = (device: Device, {width, height}: Size) =>
	device === 'phone'
		? {x: edge, y: bar + 6, width: width - 2 * edge, height: height - bar - 6 - 18}
		: {x: 1, y: bar, width: width - 2, height: height - bar - 6};

/** A phone at rest, or a window with nothing in it. */
export const drawIdle = (device: Device, size: Size, look: Look): string => {
	const {x, y, width, height} = holeOf(device, size);
	const glass =
		device === 'phone'
			? `<rect x="${x}" y="${y - 20}" width="${width}" height="${height + 20}" rx="6" fill="#101214"/>`
			: `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${look.background}"/>`;
	return drawDevice(device, size, look, '', glass);
};

/** A small terminal of one's own; it breaks a line where a terminal does. */
export const drawShell = (line: string, size: Size, look: Look): string => {
	const hole = holeOf('window', size);
	const width = 6.6;
	const columns = Math.floor((hole.width - 20) / width);
	const rows = line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
	const text = rows.map(
		(row, index) =>
			`<text x="${hole.x + 10}" y="${hole.y + 22 + index * 16}" textLength="${round(row.length * width)}" font-size="11" xml:space="preserve">${escape(row)}</text>`,
	);
	return drawIdle('window', size, look) + text.join('');
};

/** A phone's camera that sees a QR code, and offers to open it. */
export const drawCamera = (link: string, size: Size, look: Look): string => {
	const matrix = qrMatrix(link);
	if (matrix === undefined) throw new Error(`No QR code of ${link}`);
	const hole = holeOf('phone', size);
	const side = 4;
	const wide = matrix.size * side;
	const [left, top] = [
		Math.round(hole.x + (hole.width - wide) / 2),
		Math.round(hole.y + (hole.height - wide) / 2) - 24,
	];
	const dark = Array.from({length: matrix.size}, (_, row) =>
		Array.from({length: matrix.size}, (_, column) =>
			matrix.isDark(row, column) ? `M${left + column * side} ${top + row * side}h${side}v${side}h-${side}z` : '',
		).join(''),
	).join('');
	const [near, far, down, low] = [left - 12, left + wide + 12, top - 12, top + wide + 12];
	const corners = `M${near} ${down + 20}v-20h20M${far - 20} ${down}h20v20M${far} ${low - 20}v20h-20M${near + 20} ${low}h-20v-20`;
	const pill = {x: near, y: low + 28, width: far - near, height: 32};
	const content = `<path fill="#ffffff" d="M${left} ${top}h${wide}v${wide}h-${wide}z"/><path fill="#000000" d="${dark}"/><path d="${corners}" fill="none" stroke="#ffd33d" stroke-width="3" stroke-linecap="round"/><rect x="${pill.x}" y="${pill.y}" width="${pill.width}" height="${pill.height}" rx="16" fill="#ffd33d"/><text x="${pill.x + pill.width / 2}" y="${pill.y + 21}" text-anchor="middle" class="s" font-size="13" font-weight="600" fill="#000000">Open ${escape(new URL(link).host)}</text>`;
	return drawIdle('phone', size, look) + content;
};

/** A browser with real pages in it, drawn once for each look. */
export type Browser = AsyncDisposable & {
	readonly page: Page;
	/** The page as it is now; with a finger on something. */
	readonly draw: (touched?: Locator) => Promise<readonly string[]>;
};

/**
 * Chromium, which finds the host at a port on loopback and takes its certificate.
 *
 * @param size - of the device in the picture
 */
export const openBrowser = async (
	device: Device,
	size: Size,
	looks: readonly Look[],
	{host, port}: {readonly host: string; readonly port: number},
): Promise<Browser> => {
	const browser = await chromium.launch({
		executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-dev-shm-usage',
			`--host-resolver-rules=MAP ${host} 127.0.0.1:${port}`,
		],
	});
	const hole = holeOf(device, size);
	const viewport = {width: Math.round(hole.width / scale), height: Math.round(hole.height / scale)};
	const page = await browser.newPage({viewport, ignoreHTTPSErrors: true});
	return {
		page,
		async draw(touched) {
			const pictures: string[] = [];
			const touch = await touched?.boundingBox();
			for (const look of looks) {
				await page.emulateMedia({colorScheme: look.isDark ? 'dark' : 'light'});
				const parts = drawParts(await partsOf(page));
				const finger = touch
					? `<circle cx="${round(touch.x + touch.width / 2)}" cy="${round(touch.y + touch.height * 0.6)}" r="26" fill="${look.touch}" fill-opacity=".45" stroke="${look.touch}" stroke-width="2"/>`
					: '';
				const content = `<svg x="${hole.x}" y="${hole.y}" width="${hole.width}" height="${hole.height}" viewBox="0 0 ${viewport.width} ${viewport.height}">${parts}${finger}</svg>`;
				pictures.push(drawDevice(device, size, look, new URL(page.url()).host, content));
			}

			return pictures;
		},
		async [Symbol.asyncDispose]() {
			await browser.close();
		},
	};
};
