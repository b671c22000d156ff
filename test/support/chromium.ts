import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {chromium, type BrowserContext} from 'playwright-core';
import {requireProgram} from './requirements.js';

type LaunchOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

/**
 * A real browser with a profile of its own, which reaches nothing but loopback; it is closed when the test ends.
 * Undefined where there is no Chromium: the test is skipped then, or fails where `CI` is set.
 */
export const launchChromium = async (
	t: TestContext,
	options: LaunchOptions = {},
): Promise<BrowserContext | undefined> => {
	const executablePath = requireProgram(t, 'chromium');
	if (executablePath === undefined) return undefined;
	const profile = await mkdtemp(path.join(tmpdir(), 'ink-login-chromium-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath,
		headless: true,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			// A container's may be missing, or too small.
			'--disable-dev-shm-usage',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--no-proxy-server',
			// Whatever is not loopback does not resolve, so a page that wanted something from elsewhere would show it.
			'--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost , EXCLUDE [::1]',
		],
		...options,
	});
	context.setDefaultTimeout(60_000);
	t.after(async () => {
		await context.close();
		await rm(profile, {recursive: true, force: true, maxRetries: 3});
	});
	return context;
};
