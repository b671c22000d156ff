import {randomBytes} from 'node:crypto';
import {displayText} from '../core/safe-text.js';
import {html, page, pageHeaders} from '../login/loopback/pages.js';
import type {Reply, ScriptedRequest} from '../testing/response.js';
import type {ScriptedServer} from '../testing/scripted-server.js';
import {messages} from '../text/messages.js';

const formStyle = `
form{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}
label{width:100%;text-align:left;font-size:15px}
input,button{flex:1;min-width:0;min-height:48px;padding:0 16px;border:1px solid var(--soft);border-radius:10px;font:inherit;font-weight:600}
input{flex-basis:100%;font-family:var(--mono);background:var(--ground);color:inherit;text-align:center;text-transform:uppercase}
button{background:none;color:inherit;cursor:pointer}
button:last-of-type{border-color:var(--ink);background:var(--ink);color:var(--card)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.code{font-size:28px;line-height:1.4;letter-spacing:.08em}
`;

// A form's redirect ends at the app's loopback URL, and no policy can name [::1].
const headers = await pageHeaders(formStyle, 'http:');

const reply = (content: Parameters<typeof page>[0], status = 200): Reply => ({
	status,
	headers,
	body: page(content, formStyle),
});

const codeForm = (isWrong = false): Reply =>
	reply({
		mark: isWrong ? 'cross' : 'prompt',
		heading: isWrong ? "This code doesn't work" : 'Type the code from your terminal',
		body: html`${isWrong && html`<p>It's unknown, used or expired. Type the one your terminal shows.</p>`}
			<p class="soft">Never type a code someone sent you.</p>
			<form>
				<label for="code">Code</label>
				<input id="code" class="code" name="user_code" required autofocus autocomplete="off" spellcheck="false" />
				<button>Continue</button>
			</form>`,
	});

const startAgain = html`<p>Start again from your terminal.</p>`;
const canClose = html`<p class="soft">You can close this window and go back to your terminal.</p>`;

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
		const response = await conforming();
		const body = new Map<string, unknown>(Object.entries(response.body ?? {}));
		const name = body.get('request_uri') ?? body.get('user_code');
		const expiresAt = request.at + Number(body.get('expires_in')) * 1000;
		if (typeof name === 'string') asked.set(name, {scope: request.parameters.get('scope') ?? '', expiresAt});
		return response;
	};

	const ask = (scope: string, userCode: string | undefined, decision: Decision): Reply => {
		const ticket = randomBytes(16).toString('base64url');
		decisions.set(ticket, decision);
		return reply({
			mark: 'prompt',
			heading: `Sign in to ${application}?`,
			body: html`<p>as ${person}</p>
				${userCode !== undefined && html`<p class="plate code">${userCode}</p>`}
				<p class="soft">${messages.willDo(displayText(scope))}</p>
				<p>Approve only if you started this${userCode !== undefined && ', and your terminal shows the same code'}.</p>
				<form method="post">
					<input type="hidden" name="ticket" value="${ticket}" />
					<button name="decision" value="decline">Decline</button>
					<button name="decision" value="approve">Approve</button>
				</form>`,
		});
	};

	const decide = ({parameters, at}: ScriptedRequest): Reply => {
		const ticket = parameters.get('ticket') ?? '';
		const decision = decisions.get(ticket);
		decisions.delete(ticket);
		return decision === undefined
			? reply({mark: 'cross', heading: 'This page is out of date', body: startAgain}, 400)
			: decision(parameters.get('decision') === 'approve', at);
	};

	const authorize = async (request: ScriptedRequest, conforming: () => Promise<Reply>): Promise<Reply> => {
		if (request.method === 'POST') return decide(request);
		const response = await conforming();
		const {location} = response.headers;
		const redirect = location === undefined ? undefined : new URL(location);
		if (redirect?.searchParams.has('code') !== true) return response;
		const {parameters} = request;
		const scope = asked.get(parameters.get('request_uri') ?? '')?.scope ?? parameters.get('scope') ?? '';
		return ask(scope, undefined, approved => {
			if (!approved) {
				redirect.searchParams.delete('code');
				redirect.searchParams.set('error', 'access_denied');
			}

			return {...response, status: 303, headers: {...response.headers, location: redirect.href}};
		});
	};

	const verifyDevice = async (request: ScriptedRequest, conforming: () => Promise<Reply>): Promise<Reply> => {
		if (request.method === 'POST') return decide(request);
		if (request.method !== 'GET') return conforming();
		const typed = request.parameters.get('user_code');
		if (typed === null) return codeForm();
		const userCode = typed.toUpperCase().replaceAll(/\W/g, '').replace(/^.{4}/, '$&-');
		const device = asked.get(userCode);
		if (device === undefined || request.at >= device.expiresAt) return codeForm(true);
		return ask(device.scope, userCode, (approved, at) => {
			if (!asked.delete(userCode) || at >= device.expiresAt) return codeForm(true);
			if (!approved) {
				server.deny(userCode);
				return reply({mark: 'prompt', heading: "You're not signed in", body: canClose});
			}

			server.approve(userCode);
			return reply({mark: 'check', heading: 'Approved', body: canClose});
		});
	};

	server.script.responses = {
		pushedAuthorization: remember,
		deviceAuthorization: remember,
		authorization: authorize,
		verification: verifyDevice,
	};
};
