import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import type {BrowserContext, Page} from 'playwright-core';
import {startDemoServer} from '../../source/demo/start-demo-server.js';
import {launchChromium} from '../support/chromium.js';
import {clientOf, codeVerifier, deviceGrant} from './oauth-client.js';

const server = await startDemoServer();
after(async () => server.stop());
const client = clientOf(server);

/** A page that fails the test on whatever the browser complains about, and on any request beyond the server. */
const openPage = async (browser: BrowserContext, allowed: readonly string[] = []): Promise<Page> => {
	const page = await browser.newPage();
	// tsx marks each function with its name by this helper, also those that run in the page.
	await page.addInitScript('globalThis.__name = value => value');
	page.on('console', message => assert.fail(`The browser complains: ${message.text()}`));
	page.on('request', request => {
		const {origin} = new URL(request.url());
		assert.ok([server.issuer, ...allowed].includes(origin), `A request left for ${origin}`);
	});
	return page;
};

const press = async (page: Page, name: string) => page.getByRole('button', {name, exact: true}).click();
const heading = async (page: Page, name: string) => page.getByRole('heading', {name, exact: true}).waitFor();
const poll = async (deviceCode: string | undefined) =>
	client.token({grant_type: deviceGrant, device_code: deviceCode!});

test('in a browser, a typed code, in any case and without its dash, signs the device in', async t => {
	const browser = await launchChromium(t);
	if (!browser) return;
	const page = await openPage(browser);
	const device = await client.deviceAuthorization();
	await page.goto(device['verification_uri']!);
	await page.getByLabel('Code').fill('BBBB-BBBB');
	await press(page, 'Continue');
	await page.getByRole('alert').filter({hasText: 'There is no such code.'}).waitFor();
	await page.getByLabel('Code').fill(device['user_code']!.toLowerCase().replace('-', ''));
	await press(page, 'Continue');
	await heading(page, 'Is this your code?');
	await page.getByText(device['user_code']!, {exact: true}).waitFor();
	await press(page, 'Yes, it is mine');
	await page.getByLabel('Name').fill('carol');
	await press(page, 'Sign in');
	await page.getByText('Carol Demo').waitFor();
	assert.equal((await poll(device['device_code']))['error'], 'authorization_pending');
	await press(page, 'Approve');
	await heading(page, 'You are signed in');
	assert.equal((await poll(device['device_code'])).status, 200);
});

test('in a browser, the complete address needs no typing, and declining ends it', async t => {
	const browser = await launchChromium(t);
	if (!browser) return;
	for (const steps of [['Decline'], ['Yes, it is mine', 'Cancel'], ['Yes, it is mine', 'Sign in', 'Decline']]) {
		const page = await openPage(browser);
		const device = await client.deviceAuthorization();
		await page.goto(device['verification_uri_complete']!);
		for (const step of steps) await press(page, step);
		await heading(page, 'Declined');
		assert.equal((await poll(device['device_code']))['error'], 'access_denied');
	}
});

for (const host of ['127.0.0.1', '[::1]']) {
	test(`in a browser, approving an authorization request leads back to ${host}`, async t => {
		const browser = await launchChromium(t);
		if (!browser) return;
		const origin = `http://${host}:49152`;
		const page = await openPage(browser, [origin]);
		await page.route(`${origin}/**`, async route => route.fulfill({body: 'Done'}));
		await page.goto(client.authorizationUrl(`${origin}/callback`));
		await press(page, 'Sign in');
		await page.getByText(`${origin}/callback`).waitFor();
		await press(page, 'Approve');
		await page.waitForURL(`${origin}/callback?**`);
		const code = new URL(page.url()).searchParams.get('code')!;
		const tokens = await client.token({
			grant_type: 'authorization_code',
			code,
			redirect_uri: `${origin}/callback`,
			code_verifier: codeVerifier,
		});
		assert.equal(tokens.status, 200);
	});
}

for (const colorScheme of ['light', 'dark'] as const) {
	test(`at phone size in ${colorScheme}, nothing is cut off and every word can be read`, async t => {
		const browser = await launchChromium(t, {colorScheme, viewport: {width: 320, height: 640}});
		if (!browser) return;
		const page = await openPage(browser);
		const device = await client.deviceAuthorization();
		await page.goto(device['verification_uri']!);
		await assertLegible(page);
		await page.goto(device['verification_uri_complete']!);
		await assertLegible(page);
		for (const step of ['Yes, it is mine', 'Sign in', 'Approve']) {
			await press(page, step);
			await assertLegible(page);
		}
		await heading(page, 'You are signed in');
	});
}

const assertLegible = async (page: Page) => {
	const {overflow, contrasts} = await page.evaluate(() => {
		const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
		const luminance = (color: string) => {
			const [r = 0, g = 0, b = 0] = channels(color).map(value => {
				const share = value / 255;
				return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
			});
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const ground = (element: Element | null): string => {
			if (!element) return 'rgb(255, 255, 255)';
			const {backgroundColor} = getComputedStyle(element);
			return channels(backgroundColor)[3] === 0 ? ground(element.parentElement) : backgroundColor;
		};
		const texts = Array.from(document.querySelectorAll('h1, p, label, dt, dd, button, input:not([type=hidden])'));
		return {
			overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
			contrasts: texts.map(element => {
				const [dark = 0, light = 0] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort(
					(a, b) => a - b,
				);
				return {text: element.textContent.trim(), ratio: (light + 0.05) / (dark + 0.05)};
			}),
		};
	});
	assert.ok(overflow <= 0, `${page.url()} is ${overflow} pixels too wide`);
	// WCAG 2.2 §1.4.3.
	assert.deepEqual(
		contrasts.filter(({ratio}) => ratio < 4.5),
		[],
	);
};
