import {createHash} from 'node:crypto';
import {html, Markup} from '../../../source/login/loopback/pages.js';
import {pageStyle} from './page-style.js';

const styleHash = createHash('sha256').update(pageStyle).digest('base64');

/** Nothing but the page itself: no script, no frame, nothing from elsewhere. */
export const pageHeaders = {
	// A form's redirect ends at the application's loopback address, and no policy can name [::1].
	'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action http:; frame-ancestors 'none'; base-uri 'none'`,
	'referrer-policy': 'no-referrer',
	'x-content-type-options': 'nosniff',
};

/** How it went, as the page says at a glance; `open` while there is something to do. */
type Outcome = 'approved' | 'declined' | 'failed' | 'open';

/** What every page of the server looks like. */
export const page = ({
	title,
	outcome = 'open',
	body,
}: {
	readonly title: string;
	readonly outcome?: Outcome;
	readonly body: Markup;
}): string =>
	html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<title>${title} · ink-login demo</title>
				${styleSheet}
			</head>
			<body>
				<main data-outcome="${outcome}">
					<header>${mark} ink-login <span>demo</span></header>
					${seals[outcome]}
					<h1>${title}</h1>
					${body}
				</main>
			</body>
		</html>`.toString();

/** Its content is what the policy's hash was made of, to the letter. */
const styleSheet = new Markup(`<style>${pageStyle}</style>`);

/** A prompt and its cursor. */
const mark = html`<svg viewBox="0 0 32 32" aria-hidden="true">
	<rect width="32" height="32" rx="8" />
	<path d="M9 10l6 6-6 6M17 22h6" />
</svg>`;

const encrypt = (path: string) =>
	html`<svg class="seal" viewBox="0 0 32 32" aria-hidden="true">
		<circle cx="16" cy="16" r="16" />
		<path d="${path}" />
	</svg>`;

const seals: Readonly<Record<Outcome, Markup | undefined>> = {
	approved: encrypt('M9.5 16.5l4.5 4.5 8.5-9.5'),
	declined: encrypt('M11 11l10 10M21 11L11 21'),
	failed: encrypt('M16 9v9M16 22.5v.1'),
	open: undefined,
};
