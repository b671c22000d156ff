import {createVisitor, type Page} from './visitor.js';

type Decision = {
	/** @default 'approve' */
	readonly decision?: 'approve' | 'deny';
	/** Who signs in. @default 'alice' */
	readonly login?: string;
	readonly signal?: AbortSignal;
};

/**
 * Decides on a device's request as the demo user, by the same HTTP requests as a person's (RFC 8628 §3.3).
 *
 * @throws Error when the pages end in anything but that decision.
 */
export const approveDevice = async ({
	issuer,
	userCode,
	...decision
}: Decision & {readonly issuer: string; readonly userCode: string}): Promise<void> => {
	const visitor = createVisitor(decision.signal);
	const input = await visitor.get(new URL('/device', issuer).href);
	const last = await decide(visitor, await visitor.submit(input, {user_code: userCode}), decision);
	const expected = decision.decision === 'deny' ? 'declined' : 'approved';
	if (last.outcome !== expected) throw new Error(`The device code was not ${expected}.`);
};

/**
 * Decides on an authorization request as the demo user, and follows the redirect to the application like a browser.
 *
 * @returns the redirect's address, with the code or the error in it.
 * @throws Error when the pages do not end in a redirect to the application.
 */
export const approveAuthorization = async ({
	url,
	visit = true,
	...decision
}: Decision & {
	/** The authorization request, or a local address that redirects to it. */
	readonly url: string;
	/** Whether to ask for the redirect's address too, as a browser would. @default true */
	readonly visit?: boolean;
}): Promise<string> => {
	const visitor = createVisitor(decision.signal);
	const last = await decide(visitor, await visitor.get(url), decision);
	if (last.callback === undefined) throw new Error('The authorization request did not lead back to the application.');
	if (visit) await fetch(last.callback, {signal: decision.signal ?? null, redirect: 'manual'});
	return last.callback;
};

/** Answers page after page until one has no more to ask: sign-in, confirmation, consent. */
const decide = async (
	visitor: ReturnType<typeof createVisitor>,
	start: Page,
	{decision = 'approve', login = 'alice'}: Decision,
): Promise<Page> => {
	let page = start;
	for (let step = 0; page.form !== undefined && step < 4; step++) {
		const asksWho = page.form.fields.has('login');
		const choice = asksWho ? page.form.buttons.get('approve') : page.form.buttons.get(decision);
		if (choice === undefined) break;
		page = await visitor.submit(page, {...(asksWho && {login}), ...choice});
	}
	return page;
};
