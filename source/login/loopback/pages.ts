import type {SafeUrl} from '../../core/safe-url.js';

/** What the person sees in the browser when it comes back. */
export type CallbackPage = 'done' | 'failed' | 'terminal' | 'others-visit' | 'others-callback';

type PageContent = {
	readonly mark: 'check' | 'cross' | 'prompt';
	/** One sentence: what happened. */
	readonly sentence: string;
	readonly next: string;
};

/** The one style of every page; its digest stands in the Content-Security-Policy, so it is a constant. */
const pageStyle = `
:root{color-scheme:light dark;--ground:#f3f4f7;--card:#fff;--line:#dfe2e8;--ink:#16181d;--soft:#5b6270;--accent:#3d4ee0;--good:#14794a;--alarm:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#0e1014;--card:#181b21;--line:#2e333d;--ink:#eceef3;--soft:#a0a7b5;--accent:#8d9bff;--good:#4cc38a;--alarm:#ff9a8f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:16px;background:var(--ground);color:var(--ink);font:17px/1.5 system-ui,sans-serif}
main{width:100%;max-width:440px;padding:36px 32px;background:var(--card);border:1px solid var(--line);border-radius:16px;text-align:center}
svg{width:56px;height:56px;fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.check{color:var(--good)}.cross{color:var(--alarm)}.prompt{color:var(--accent)}
h1{margin:16px 0 8px;font-size:24px;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
a{color:var(--accent)}
p{margin:0;color:var(--soft);text-wrap:balance}
@media (max-width:480px){body{background:var(--card)}main{padding:24px 8px;border:0}}
`;

const marks: Readonly<Record<PageContent['mark'], string>> = {
	check: '<circle cx="24" cy="24" r="20"/><path d="m15 25 6.5 6.5L33.5 18"/>',
	cross: '<circle cx="24" cy="24" r="20"/><path d="m17 17 14 14m0-14L17 31"/>',
	prompt: '<rect x="4" y="9" width="40" height="30" rx="5"/><path d="m13 19 6 5-6 5m11 1h10"/>',
};

/** A whole page. Nothing is escaped here. */
const renderPage = ({mark, sentence, next}: PageContent): string =>
	`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${sentence}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<svg class="${mark}" viewBox="0 0 48 48" aria-hidden="true">${marks[mark]}</svg>
<h1>${sentence}</h1>
<p>${next}</p>
</main>
</body>
</html>
`;

const othersBrowser = 'This browser belongs to another user of this computer.';

/** The pages: constant, so that nothing that a request brings can stand in them. */
export const callbackPages: Readonly<Record<CallbackPage, string>> = {
	done: renderPage({
		mark: 'check',
		sentence: 'You are signed in.',
		next: 'Go back to your terminal: it carries on from here. You can close this tab.',
	}),
	failed: renderPage({
		mark: 'cross',
		sentence: 'Signing in did not work.',
		next: 'Go back to your terminal: it says why, and what to do now. You can close this tab.',
	}),
	terminal: renderPage({
		mark: 'prompt',
		sentence: 'Look at your terminal.',
		next: 'It says how the sign-in went. You can close this tab.',
	}),
	'others-visit': renderPage({
		mark: 'prompt',
		sentence: othersBrowser,
		next: 'To sign in with it all the same, open the full link that your terminal shows or copies. At the end, paste the URL of the last page into your terminal. If it shows no other link than this one, open this one in a browser of your own user, or sign in with a code.',
	}),
	'others-callback': renderPage({
		mark: 'prompt',
		sentence: othersBrowser,
		next: 'If you started this sign-in, copy the URL of this page and paste it into your terminal.',
	}),
};

/** For a browser that came by a forwarded port: the redirect URI may lead it to its own computer, where nothing listens. */
export const forwardedPage = (url: SafeUrl): string =>
	renderPage({
		mark: 'prompt',
		sentence: 'You came by a forwarded port.',
		next: `<a href="${url.replaceAll('&', '&amp;')}">Continue to sign in</a>. If that ends on a page that does not load, copy the URL of the page and paste it into your terminal.`,
	});

/** The headers of every response of the loopback server, whatever its body (RFC 9700 §4.2.4). */
export const pageHeaders = async (): Promise<Readonly<Record<string, string>>> => {
	const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pageStyle)));
	const style = `'sha256-${btoa(String.fromCharCode(...digest))}'`;
	return {
		'content-type': 'text/html; charset=utf-8',
		'content-security-policy': `default-src 'none'; style-src ${style}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
		'x-content-type-options': 'nosniff',
		'referrer-policy': 'no-referrer',
		'cache-control': 'no-store',
		'cross-origin-opener-policy': 'same-origin',
		connection: 'close',
	};
};
