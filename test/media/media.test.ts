import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import jsqrModule from 'jsqr';
import {launchChromium} from '../support/chromium.js';
import {TerminalEmulator} from '../support/terminal-emulator.js';

// Its types name a default export that is not there.
const jsqr = jsqrModule as unknown as typeof jsqrModule.default;

const media = path.join(path.dirname(path.dirname(import.meta.dirname)), 'media');
const read = (file: string) => readFileSync(path.join(media, file), 'utf8');
const files = readdirSync(media).filter(file => /-(dark|light)\.svg$/.test(file));

const names = ['browser', 'code', 'embedded', 'ssh', 'two-flows'];

/** The screens of a picture, in its order. What is drawn and not written, such as a QR code, is left out. */
const screensOf = (svg: string): readonly string[] => {
	const drawn = new Map(Array.from(svg.matchAll(/<g id="(\w+)">(.*)<\/g>$/gm), ([, id, picture]) => [id, picture]));
	const rowOf = (id = '') => {
		const words = (drawn.get(id) ?? '').matchAll(/<text x="(\d+)"[^>]*>([^<]*)</g);
		return Array.from(words).reduce((row, [, x, word = '']) => {
			const text = word.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
			return row.padEnd(Number(x) / 8) + text;
		}, '');
	};
	const [, terminal = ''] = svg.split('<g class="film">');
	return Array.from(terminal.matchAll(/^<g(?: transform="[^"]*")?>(.*)<\/g>$/gm), ([, shot = '']) => {
		const rows: string[] = [];
		for (const [, id, y = '0'] of shot.matchAll(/<use href="#(\w+)"(?: y="(\d+)")?\/>/g))
			rows[Number(y) / 18] = rowOf(id);
		// A sparse array's gaps are blank rows.
		return Array.from(rows, (row: string | undefined) => row?.trimEnd() ?? '')
			.join('\n')
			.trimEnd();
	});
};

test('each recording is there for light and for dark pages, and both show the same', () => {
	assert.deepEqual(
		files.sort(),
		names.flatMap(name => [`${name}-dark.svg`, `${name}-light.svg`]),
	);
	const shape = (svg: string) => svg.replaceAll(/#[0-9a-f]{6}|rgb\([^)]*\)/g, '#');
	for (const file of files.filter(name => name.endsWith('-dark.svg'))) {
		assert.equal(shape(read(file)), shape(read(file.replace('-dark', '-light'))), file);
	}
});

test('a recording needs nothing from elsewhere, runs no script, and stands still for those who want that', () => {
	for (const file of files) {
		const svg = read(file);
		assert.ok(svg.length < 100_000, file);
		assert.doesNotMatch(svg, /<script|<image|url\(|href="[^#]|\bon\w+=/, file);
		assert.match(svg, /@media \(prefers-reduced-motion:no-preference\)\{\.film\{animation:/, file);
		assert.match(svg, /<title>.+<\/title>/, file);
	}
});

test('in the width that a README has, letters are no smaller than 11 pixels', () => {
	for (const file of files) {
		const svg = read(file);
		const width = Number(/width="(\d+)"/.exec(svg)?.[1]);
		const size = Number(/font:(\d+)px/.exec(svg)?.[1]);
		assert.ok((size * 830) / width > 11, file);
	}
});

test('a picture begins with a whole screen that waits for someone, and ends with who signed in', () => {
	for (const name of names) {
		const screens = screensOf(read(`${name}-dark.svg`));
		assert.match(screens[0] ?? '', /Sign in to [^]*Waiting [^]*min left[^]*esc back/, name);
		assert.ok(
			screens.some(screen =>
				/Signed in to Acme as Alice Demo · alice@example\.test|Alice Demo looks after/.test(screen),
			),
			name,
		);
	}
});

test('the first picture shows the page on the phone, with the code of the terminal', () => {
	const svg = read('code-dark.svg');
	const [screen = ''] = screensOf(svg);
	const [code = 'none'] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screen) ?? [];
	assert.match(screen, /https:\/\/id\.acme\.dev\/device/);
	const shown = new RegExp(`>id\\.acme\\.dev<.*>Sign in to Acme\\?<.*>${code}<.*>Approve<`);
	assert.match(svg, shown);
});

test('a replay ends as its picture does', async () => {
	for (const name of names) {
		const [header = '', ...events] = read(`${name}.cast`).trimEnd().split('\n');
		const {version, width, height} = JSON.parse(header) as {version: number; width: number; height: number};
		assert.equal(version, 2);
		const emulator = new TerminalEmulator(width, height);
		let last = 0;
		for (const event of events) {
			const [at, kind, output] = JSON.parse(event) as [number, string, string];
			assert.ok(at >= last && kind === 'o', event);
			last = at;
			await emulator.feed(output);
		}

		const text = emulator.screen().map(row => row.replaceAll(/[─│╭╮╰╯]/g, ' ').trimEnd());
		const screens = screensOf(read(`${name}-dark.svg`));
		assert.match(text.join('\n'), /Alice Demo/);
		assert.ok(screens.includes(text.join('\n').trimEnd()), `${name}: ${text.join('\n')}`);
		emulator.dispose();
	}
});

test('the QR code of the recordings decodes from the picture, on light and dark', async t => {
	const context = await launchChromium(t, {reducedMotion: 'reduce'});
	if (context === undefined) return;
	const page = await context.newPage();
	const reader = await context.newPage();
	for (const file of files.filter(name => /^(code|two-flows)/.test(name))) {
		const svg = read(file);
		await page.setContent(
			`<body style="margin:0">${svg.replace('<svg ', '<svg style="max-width:830px;height:auto" ')}`,
		);
		const picture = (await page.locator('svg').first().screenshot()).toString('base64');
		const {width, height, base64} = await reader.evaluate(async png => {
			const image = new Image();
			image.src = `data:image/png;base64,${png}`;
			await image.decode();
			const drawing = new OffscreenCanvas(image.width, image.height).getContext('2d');
			drawing?.drawImage(image, 0, 0);
			const pixels = drawing?.getImageData(0, 0, image.width, image.height).data ?? [];
			return {
				width: image.width,
				height: image.height,
				base64: btoa(Array.from(pixels, byte => String.fromCharCode(byte)).join('')),
			};
		}, picture);
		const pixels = new Uint8ClampedArray(Buffer.from(base64, 'base64'));
		const qrCode = jsqr(pixels, width, height, {inversionAttempts: 'dontInvert'});
		const [code] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screensOf(svg)[0] ?? '') ?? [];
		assert.equal(qrCode?.data, `https://id.acme.dev/device?user_code=${code}`, file);
	}
});
