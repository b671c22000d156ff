/**
 * Presses Approve on a page of the demo's server with the requests that a browser would make, and follows the redirect.
 *
 * @throws Error where nothing waits for approval there
 */
export const approvePage = async (url: string, signal?: AbortSignal): Promise<void> => {
	const page = await fetch(url, {...(signal && {signal})});
	const [, ticket] = /name="ticket" value="([\w-]+)"/.exec(await page.text()) ?? [];
	if (ticket === undefined) throw new Error('Nothing is waiting for approval on this page.');
	const body = new URLSearchParams({ticket, decision: 'approve'});
	await fetch(page.url, {method: 'POST', body, ...(signal && {signal})});
};

/** The same for the code that a device shows. */
export const approveDevice = async (issuer: string, userCode: string, signal?: AbortSignal): Promise<void> =>
	approvePage(`${issuer}/device?user_code=${userCode}`, signal);
