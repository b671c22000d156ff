import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import jsqrModule from 'jsqr';
import {launchChromium} from '../support/chromium.js';

// Its types name a default export that is not there.
const jsqr = jsqrModule as unknown as typeof jsqrModule.default;

const media = path.join(path.dirname(path.dirname(import.meta.dirname)), 'media');
const read = (file: string) => readFileSync(path.join(media, file), 'utf8');
const files = readdirSync(media).filter(file => /-(dark|light)\.svg$/.test(file));

test('each recording is there for light and for dark pages, and both show the same', () => {
	const expected = ['browser', 'code', 'embedded', 'ssh', 'two-flows'].flatMap(name => [
		`${name}-dark.svg`,
		`${name}-light.svg`,
	]);
	assert.deepEqual(files.sort(), expected);
	const shape = (svg: string) => svg.replaceAll(/#[0-9a-f]{6}/g, '#');
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

test('the QR code of the recordings decodes from the picture, on light and dark', async t => {
	const context = await launchChromium(t, {reducedMotion: 'reduce'});
	if (context === undefined) return;
	const page = await context.newPage();
	const reader = await context.newPage();
	for (const file of files.filter(name => /^(code|two-flows)/.test(name))) {
		const svg = read(file);
		await page.setContent(`<body style="margin:0">${svg}`);
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
		const [, code] = />([A-Z]{4}-[A-Z]{4})</.exec(svg) ?? [];
		assert.ok(code);
		assert.match(
			qrCode?.data ?? 'nothing',
			new RegExp(`^http://127\\.0\\.0\\.1:4400/device\\?user_code=${code}$`),
			file,
		);
	}
});
