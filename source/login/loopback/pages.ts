import type {LoginErrorCode} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {SafeUrl} from '../../core/safe-url.js';
import type {Identity} from '../../core/types.js';

/** Text that is HTML already. */
export class Markup {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	toString(): string {
		return this.#text;
	}
}

const entities: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** HTML in which every value is escaped unless it is {@link Markup}; `undefined` and `false` leave nothing. */
export const html = (
	strings: TemplateStringsArray,
	...values: readonly (Markup | string | undefined | false)[]
): Markup => {
	const text = values.map(value => {
		if (value instanceof Markup) return value.toString();
		if (value === undefined || value === false) return '';
		return value.replaceAll(/[&<>"']/g, character => entities[character] ?? '');
	});
	return new Markup(String.raw({raw: strings}, ...text));
};

/** What every page looks like. The plate is the one bright thing, as on the terminal's screens. */
const pageStyle = `
:root{color-scheme:light dark;--mono:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;--ground:#f3f4f7;--card:#fff;--line:#dfe2e8;--ink:#16181d;--soft:#5b6270;--accent:#3d4ee0;--on-accent:#fff;--good:#14794a;--alarm:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#0e1014;--card:#181b21;--line:#2e333d;--ink:#eceef3;--soft:#a0a7b5;--accent:#8d9bff;--on-accent:#10131f;--good:#4cc38a;--alarm:#ff9a8f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:16px;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,sans-serif}
main{width:100%;min-width:0;max-width:440px;padding:36px 32px;background:var(--card);border:1px solid var(--line);border-radius:16px;text-align:center;overflow-wrap:anywhere}
svg{width:56px;height:56px;fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.check{color:var(--good)}.cross{color:var(--alarm)}.prompt{color:var(--accent)}
h1{margin:16px 0 8px;font-size:24px;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
a{color:var(--accent)}
p{margin:0 0 16px;text-wrap:balance}
p:last-child{margin:0}
.soft{color:var(--soft)}
.plate,code{font-family:var(--mono)}
.plate,.box{padding:12px 16px;border-radius:10px}
.plate{background:var(--accent);color:var(--on-accent);font-weight:600}
.box{background:var(--ground);color:var(--soft)}
.box code{margin-left:8px;color:var(--ink)}
@media (max-width:480px){body{padding:0;background:var(--card)}main{padding:24px 20px;border:0}}
`;

const marks = {
	check: '<circle cx="24" cy="24" r="20"/><path d="m15 25 6.5 6.5L33.5 18"/>',
	cross: '<circle cx="24" cy="24" r="20"/><path d="m17 17 14 14m0-14L17 31"/>',
	prompt: '<rect x="4" y="9" width="40" height="30" rx="5"/><path d="m13 19 6 5-6 5m11 1h10"/>',
};

type PageContent = {
	readonly mark: keyof typeof marks;
	readonly heading: string;
	readonly body: Markup;
};

/** @param moreStyle - goes to {@link pageHeaders} too */
export const page = ({mark, heading, body}: PageContent, moreStyle = ''): string =>
	html`<!doctype html>
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<title>${heading}</title>
				${new Markup(`<style>${pageStyle}${moreStyle}</style>`)}
			</head>
			<body>
				<main>
					<svg class="${mark}" viewBox="0 0 48 48" aria-hidden="true">${new Markup(marks[mark])}</svg>
					<h1>${heading}</h1>
					${body}
				</main>
			</body>
		</html> `.toString();

/** The headers of a page (RFC 9700 §4.2.4): nothing but its own style counts, and forms go where `formAction` says. */
export const pageHeaders = async (moreStyle = '', formAction = "'none'"): Promise<Readonly<Record<string, string>>> => {
	const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pageStyle + moreStyle));
	const style = `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
	return {
		'content-type': 'text/html; charset=utf-8',
		'content-security-policy': `default-src 'none'; style-src ${style}; frame-ancestors 'none'; base-uri 'none'; form-action ${formAction}`,
		'x-content-type-options': 'nosniff',
		'referrer-policy': 'no-referrer',
		'cache-control': 'no-store',
		'cross-origin-opener-policy': 'same-origin',
	};
};

type Success = {
	/** What the person signed in to. */
	readonly application: string;
	readonly identity?: Identity | undefined;
	/** What to run in the terminal next. */
	readonly next?: string | undefined;
};

/** For the browser that waits, once the tokens are there. */
export const signedInPage = ({application, identity, next}: Success): string => {
	const {name, email, emailVerified, subject} = identity ?? {};
	const mail = email && email + (emailVerified === false ? ' (not verified)' : '');
	const who = name ?? mail ?? subject;
	return page({
		mark: 'check',
		heading: `Signed in to ${displayText(application, 60)}${who === undefined ? '' : ` as ${displayText(who, 60)}`}`,
		body: html`${mail !== who && html`<p>${mail}</p>`}
			<p class="soft">You can close this window and go back to your terminal.</p>
			${next !== undefined && html`<p class="box">Next <code>${displayText(next)}</code></p>`}`,
	});
};

/** For the browser that waits, once the flow has failed. It's no failure if the person said no. */
export const failedPage = ({code, message}: {readonly code: LoginErrorCode; readonly message: string}): string =>
	page({
		mark: code === 'access_denied' ? 'prompt' : 'cross',
		heading: "You're not signed in",
		body: html`<p>${displayText(message, 600)}</p>
			<p class="soft">Go back to your terminal to try again. You can close this window.</p>
			<p class="box">Error code <code>${code}</code></p>`,
	});

const othersBrowser = 'This browser belongs to another user of this computer';

/** The pages that are always the same. */
export const callbackPages = {
	terminal: page({
		mark: 'prompt',
		heading: 'Go back to your terminal',
		body: html`<p class="soft">It says how the sign-in went. You can close this window.</p>`,
	}),
	'others-visit': page({
		mark: 'prompt',
		heading: othersBrowser,
		body: html`<p>
				To sign in here anyway, open the full link that your terminal shows or copies. At the end, copy the URL of the
				last page and paste it into your terminal.
			</p>
			<p class="soft">
				Does your terminal show only this link? Then open it in your own browser, or sign in with a code.
			</p>`,
	}),
	'others-callback': page({
		mark: 'prompt',
		heading: othersBrowser,
		body: html`<p>Did you start this sign-in? Then copy the URL of this page and paste it into your terminal.</p>`,
	}),
};

/** For a browser that came by a forwarded port: the redirect URI may lead it to its own computer, where nothing listens. */
export const forwardedPage = (url: SafeUrl): string =>
	page({
		mark: 'prompt',
		heading: 'One more step before you sign in',
		body: html`<p>
				You got here through a forwarded port. If you end up on a page that doesn't load, copy its URL and paste it into
				your terminal.
			</p>
			<p><a href="${url}">Continue to sign in</a></p>`,
	});
