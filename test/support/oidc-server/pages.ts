import {displayText} from '../../../source/core/safe-text.js';
import {html, type Markup} from '../../../source/login/loopback/pages.js';
import {page} from './page.js';
import type {Person} from './registrations.js';

/** What a person must know before approving (RFC 8628 §5.4): who asks for what, since when and from where. */
export type AuthorizationFacts = {
	readonly application: string;
	/** Scope values, separated by spaces. */
	readonly scope: string;
	readonly userCode?: string | undefined;
	/** Epoch milliseconds. */
	readonly requestedAt: number;
	/** The network address that asked. */
	readonly address: string;
	/** The redirect URI, where the response goes to one. */
	readonly responseTo?: string;
};

export const signInPage = ({
	application,
	loginHint,
	rejectedLogin,
}: {
	readonly application: string;
	readonly loginHint: string;
	readonly rejectedLogin?: string | undefined;
}): string =>
	page({
		title: 'Sign in',
		body: html`
			<p>to go on to <strong>${displayText(application)}</strong></p>
			${problem(rejectedLogin === undefined ? undefined : 'A name starts with a letter and has no spaces.')}
			<form method="post" autocomplete="off">
				<label for="login">Name</label>
				<input
					id="login"
					name="login"
					value="${displayText(rejectedLogin ?? loginHint, 64)}"
					required
					autofocus
					autocapitalize="none"
					spellcheck="false"
				/>
				<p class="hint">This is a demo: any name will do, and there is no password.</p>
				${buttons(html`
					<button class="deny" name="decision" value="deny" formnovalidate>Cancel</button>
					<button class="approve" name="decision" value="approve">Sign in</button>
				`)}
			</form>
		`,
	});

export const consentPage = ({
	person,
	request,
}: {
	readonly person: Person | undefined;
	readonly request: AuthorizationFacts;
}): string =>
	page({
		title: 'Let it sign in as you?',
		body: html`
			<p>
				<strong>${displayText(request.application)}</strong> asks to sign in as
				<strong>${person?.name ?? 'you'}</strong>${person && html` (${person.email})`}.
			</p>
			${environment(request)}
			<p class="hint">Approve only if you started this yourself, just now.</p>
			<form method="post">
				${buttons(html`
					<button class="deny" name="decision" value="deny">Decline</button>
					<button class="approve" name="decision" value="approve">Approve</button>
				`)}
			</form>
		`,
	});

export const deviceCodePage = ({
	xsrf,
	userCode = '',
	problem: text,
}: {
	readonly xsrf: string;
	readonly userCode?: string | undefined;
	readonly problem?: string | undefined;
}): string =>
	page({
		title: 'Enter the code',
		body: html`
			<p>Your terminal shows it.</p>
			${problem(text)}
			<form method="post" action="/device" autocomplete="off">
				<input type="hidden" name="xsrf" value="${xsrf}" />
				<label for="code">Code</label>
				<input
					id="code"
					class="code"
					name="user_code"
					value="${displayText(userCode, 32)}"
					placeholder="XXXX-XXXX"
					required
					autofocus
					autocapitalize="characters"
					spellcheck="false"
				/>
				<p class="hint">Never type a code that someone sent you.</p>
				${buttons(html`<button class="approve">Continue</button>`)}
			</form>
		`,
	});

export const deviceConfirmationPage = ({
	xsrf,
	userCode,
	request,
}: {
	readonly xsrf: string;
	readonly userCode: string;
	readonly request: AuthorizationFacts;
}): string =>
	page({
		title: 'Is this your code?',
		body: html`
			<p>
				<strong>${displayText(request.application)}</strong> asks to sign in. Its code must be the one in your terminal,
				character for character.
			</p>
			<p class="code" aria-label="${displayText(userCode, 32).split('').join(' ')}">${displayText(userCode, 32)}</p>
			${environment({...request, userCode: undefined})}
			<p class="hint">Go on only if you started this yourself, just now.</p>
			<form method="post" action="/device">
				<input type="hidden" name="xsrf" value="${xsrf}" />
				<input type="hidden" name="user_code" value="${displayText(userCode, 32)}" />
				${buttons(html`
					<button class="deny" name="abort" value="yes">Decline</button>
					<button class="approve" name="confirm" value="yes">Yes, it is mine</button>
				`)}
			</form>
		`,
	});

export const deviceEndPage = (outcome: 'approved' | 'declined', application = 'The application'): string =>
	outcome === 'approved'
		? page({
				title: 'You are signed in',
				outcome,
				body: html`<p>
					<strong>${displayText(application)}</strong> goes on in your terminal. You can close this page.
				</p>`,
			})
		: page({
				title: 'Declined',
				outcome,
				body: html`<p>Nothing was signed in. You can close this page.</p>`,
			});

export const errorPage = (reason: string): string =>
	page({
		title: 'This did not work',
		outcome: 'failed',
		body: html`
			<p>The request was refused: ${displayText(reason)}</p>
			<p class="hint">Start again from your terminal.</p>
		`,
	});

const problem = (text: string | undefined) => text !== undefined && html`<p class="problem" role="alert">${text}</p>`;

const buttons = (content: Markup) => html`<div class="buttons">${content}</div>`;

const environment = ({scope, userCode, requestedAt, address, responseTo}: AuthorizationFacts) => html`
	<dl>
		${userCode !== undefined && fact('Code', html`<span class="code">${displayText(userCode, 32)}</span>`)}
		${fact('Wants to', scope.split(' ').filter(Boolean).map(permission).join(', '))} ${fact('Asked', time(requestedAt))}
		${fact('From', displayText(address))} ${responseTo !== undefined && fact('Answer to', displayText(responseTo))}
	</dl>
`;

const fact = (name: string, value: string | Markup) =>
	html`<div>
		<dt>${name}</dt>
		<dd>${value}</dd>
	</div>`;

const permissions: Readonly<Record<string, string>> = {
	openid: 'know who you are',
	profile: 'see your name',
	email: 'see your e-mail address',
	offline_access: 'stay signed in',
};

const permission = (scope: string) => permissions[scope] ?? displayText(scope, 80);

const clock = new Intl.DateTimeFormat('en-GB', {
	day: 'numeric',
	month: 'short',
	year: 'numeric',
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
	// The one who reads it may be in another time zone than the server.
	timeZoneName: 'short',
});

const time = (epoch: number) => html`<time datetime="${new Date(epoch).toISOString()}">${clock.format(epoch)}</time>`;
