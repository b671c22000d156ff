import {createHash, randomBytes} from 'node:crypto';
import {displayText} from '../core/safe-text.js';
import type {Reply, ScriptedRequest} from '../testing/response.js';
import type {ScriptedServer} from '../testing/scripted-server.js';
import {html, Markup} from './html.js';

const style = `:root { color-scheme: light dark; }
body { max-width: 28rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
input, button { font: inherit; min-height: 3rem; padding: 0 1rem; margin-right: 1rem; }
.code { font: 600 1.75rem ui-monospace, monospace; letter-spacing: 0.08em; }`;

const headers = {
	'content-type': 'text/html; charset=utf-8',
	'cache-control': 'no-store',
	// A form's redirect ends at the app's loopback URL, and no policy can name [::1].
	'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; form-action http:; frame-ancestors 'none'; base-uri 'none'`,
	'referrer-policy': 'no-referrer',
};

const page = (title: string, body: Markup, status = 200): Reply => ({
	status,
	headers,
	body: html`<!doctype html>
		<html lang="en">
			<head>
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<title>${title} · ink-login demo</title>
				${new Markup(`<style>${style}</style>`)}
			</head>
			<body>
				<main>
					<h1>${title}</h1>
					${body}
				</main>
			</body>
		</html>`.toString(),
});

const codeForm = (problem?: string): Reply =>
	page(
		'Enter the code',
		html`${problem !== undefined && html`<p role="alert">${problem}</p>`}
			<form>
				<p><label for="code">Code</label></p>
				<p>
					<input
						id="code"
						class="code"
						name="user_code"
						size="9"
						required
						autofocus
						autocomplete="off"
						autocapitalize="characters"
					/>
				</p>
				<p>Your terminal shows it. Never type a code that someone sent you.</p>
				<button>Continue</button>
			</form>`,
	);

type Decision = (approved: boolean, at: number) => Reply;

/**
 * Gives the server pages on which a person approves or declines, instead of a person who approves everything at once.
 * The redirect and the decision about a device code wait behind a ticket that only the page knows.
 */
export const addPages = (server: ScriptedServer, person: string, application: string): void => {
	/** What a pushed request or a device asked for, by its `request_uri` or its user code. */
	const asked = new Map<string, {readonly scope: string; readonly expiresAt: number}>();
	const decisions = new Map<string, Decision>();

	const remember = async (request: ScriptedRequest, conforming: () => Promise<Reply>): Promise<Reply> => {
		const reply = await conforming();
		const body = new Map<string, unknown>(Object.entries(reply.body ?? {}));
		const name = body.get('request_uri') ?? body.get('user_code');
		const expiresAt = request.at + Number(body.get('expires_in')) * 1000;
		if (typeof name === 'string') asked.set(name, {scope: request.parameters.get('scope') ?? '', expiresAt});
		return reply;
	};

	const ask = (title: string, scope: string, userCode: string | undefined, decision: Decision): Reply => {
		const ticket = randomBytes(16).toString('base64url');
		decisions.set(ticket, decision);
		return page(
			title,
			html`<p><strong>${application}</strong> asks to sign in as <strong>${person}</strong>.</p>
				${
					userCode !== undefined &&
					html`<p>Compare this code with the one in your terminal:</p>
						<p class="code">${userCode}</p>`
				}
				<p>Scopes: ${displayText(scope) || 'none'}</p>
				<p>Approve only if you started this yourself, just now.</p>
				<form method="post">
					<input type="hidden" name="ticket" value="${ticket}" />
					<button name="decision" value="approve">Approve</button>
					<button name="decision" value="decline">Decline</button>
				</form>`,
		);
	};

	const decide = ({parameters, at}: ScriptedRequest): Reply => {
		const ticket = parameters.get('ticket') ?? '';
		const decision = decisions.get(ticket);
		decisions.delete(ticket);
		return decision === undefined
			? page('This page is out of date', html`<p>Start again from your terminal.</p>`, 400)
			: decision(parameters.get('decision') === 'approve', at);
	};

	const authorize = async (request: ScriptedRequest, conforming: () => Promise<Reply>): Promise<Reply> => {
		if (request.method === 'POST') return decide(request);
		const reply = await conforming();
		const {location} = reply.headers;
		const redirect = location === undefined ? undefined : new URL(location);
		if (redirect?.searchParams.has('code') !== true) return reply;
		const {parameters} = request;
		const scope = asked.get(parameters.get('request_uri') ?? '')?.scope ?? parameters.get('scope') ?? '';
		return ask('Sign in?', scope, undefined, approved => {
			if (!approved) {
				redirect.searchParams.delete('code');
				redirect.searchParams.set('error', 'access_denied');
			}

			return {...reply, status: 303, headers: {...reply.headers, location: redirect.href}};
		});
	};

	const verifyDevice = async (request: ScriptedRequest, conforming: () => Promise<Reply>): Promise<Reply> => {
		if (request.method === 'POST') return decide(request);
		if (request.method !== 'GET') return conforming();
		const typed = request.parameters.get('user_code');
		if (typed === null) return codeForm();
		const userCode = typed.toUpperCase().replaceAll(/\W/g, '').replace(/^.{4}/, '$&-');
		const device = asked.get(userCode);
		const gone = 'This code is unknown, used or expired. Compare it with your terminal.';
		if (device === undefined || request.at >= device.expiresAt) return codeForm(gone);
		return ask('Is this your code?', device.scope, userCode, (approved, at) => {
			if (!asked.delete(userCode) || at >= device.expiresAt) return codeForm(gone);
			if (!approved) {
				server.deny(userCode);
				return page('Declined', html`<p>Nobody was signed in. You can close this page.</p>`);
			}

			server.approve(userCode);
			return page('You are signed in', html`<p>Go back to your terminal. You can close this page.</p>`);
		});
	};

	server.script.responses = {
		pushedAuthorization: remember,
		deviceAuthorization: remember,
		authorization: authorize,
		verification: verifyDevice,
	};
};
