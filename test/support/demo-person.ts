import assert from 'node:assert/strict';
import type {Page} from 'playwright-core';

/** A person at the pages of the demo; whatever the browser complains about fails the test. */
export const demoPerson = (page: Page) => {
	page.on('console', message => assert.fail(`The browser complains: ${message.text()}`));
	const press = async (name: string) => page.getByRole('button', {name, exact: true}).click();
	const read = async (heading: string | RegExp) =>
		page.getByRole('heading', {name: heading, ...(typeof heading === 'string' && {exact: true})}).waitFor();
	return {
		press,
		read,
		/** Opens the address that was shown, and types the code. */
		async typeCode(address: string, userCode: string) {
			await page.goto(address);
			await page.getByLabel('Code').fill(userCode);
			await press('Continue');
		},
		/** Compares the code with the one in the terminal, and approves. */
		async approveCode(userCode: string) {
			await read(/^Sign in to .+\?$/);
			await page.getByText(userCode, {exact: true}).waitFor();
			await press('Approve');
			await read('Approved');
		},
	};
};
