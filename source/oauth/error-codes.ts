import type {AuthorizationServer} from 'oauth4webapi';
import {displayText} from '../core/safe-text.js';
import {sayHint, type Hint, LoginError, type LoginErrorCode} from '../core/errors.js';
import {checkUrl} from '../core/safe-url.js';

/** What a request was about, and what the response's status line and headers said: for words and for waiting, never for a decision. */
export type ResponseInfo = {
	/** Origin and path that were asked. */
	endpoint?: string;
	status?: number;
	/** Where a redirect leads, without its query. */
	location?: string;
	/** Seconds. */
	retryAfter?: number;
	/** Milliseconds that this computer's clock is ahead of the server's; negative where it is behind. */
	clockAhead?: number;
	scope?: string;
	readonly server?: AuthorizationServer;
};

/** When to come back, where the server has said so (RFC 9110 §10.2.3). */
export const waitSentence = ({retryAfter = 0}: ResponseInfo): string => {
	if (retryAfter === 0) return 'Try again in a while.';
	if (retryAfter <= 1) return 'Try again in a second.';
	if (retryAfter < 120) return `Try again in ${Math.ceil(retryAfter)} seconds.`;
	return retryAfter < 7200
		? `Try again in ${Math.ceil(retryAfter / 60)} minutes.`
		: `Try again in ${Math.ceil(retryAfter / 3600)} hours.`;
};

type Meaning = {readonly code: LoginErrorCode; readonly message: string; readonly hint: Hint};

const interaction: Meaning = {
	code: 'interaction_required',
	message: 'The server wants to ask you something first.',
	hint: words => words.prompt,
};
const unavailable: Meaning = {
	code: 'server_unavailable',
	message: 'The server is unavailable at the moment.',
	hint: waitSentence({}),
};
const tooMany: Meaning = {...unavailable, message: 'The server is getting too many requests.'};
const unsupported: Meaning = {
	code: 'unsupported_grant',
	message: "The server doesn't allow this flow for this app.",
	hint: 'Enable the grant in the settings of your app at the provider, or use another flow.',
};

/** The error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8693 §2.2.2 and OIDC Core §3.1.2.6. */
const meanings: Readonly<Record<string, Meaning>> = {
	access_denied: {
		code: 'access_denied',
		message: 'Sign-in was declined.',
		hint: 'If that was a mistake, try again. Otherwise, ask your administrator for access.',
	},
	expired_token: {
		code: 'expired_token',
		message: 'The code expired before anyone approved it.',
		hint: 'Start again, and approve the new code in time.',
	},
	invalid_grant: {
		code: 'invalid_grant',
		message: "The server doesn't know this sign-in's code, or no longer does.",
		hint: 'Start again. The code may have expired or been used, or the server was restarted.',
	},
	invalid_client: {
		code: 'invalid_client',
		message: "The server doesn't accept this app.",
		hint: 'Check the client ID, the client secret, and how the app authenticates.',
	},
	invalid_scope: {
		code: 'invalid_scope',
		message: "The server doesn't grant the requested scope.",
		hint: words => words.scope,
	},
	invalid_target: {
		code: 'invalid_target',
		message: "The server doesn't issue tokens for the requested audience or resource.",
		hint: 'Check the audience and the resource. The server must know both.',
	},
	unsupported_grant_type: unsupported,
	unauthorized_client: unsupported,
	login_required: interaction,
	consent_required: interaction,
	interaction_required: interaction,
	account_selection_required: interaction,
	// Auth0's: what is typed here has no page that could ask for more.
	mfa_required: {
		code: 'interaction_required',
		message: "The server wants a second factor, and this flow can't ask you for one.",
		hint: 'Sign in with your browser instead.',
	},
	too_many_attempts: {
		code: 'server_rejected',
		message: 'The server has blocked sign-ins to this account after too many tries.',
		hint: 'Follow the email it may have sent you, or ask your administrator to unblock the account.',
	},
	server_error: unavailable,
	// While polling it has a meaning of its own; elsewhere it is a server's rate limit (authentik).
	slow_down: tooMany,
	temporarily_unavailable: unavailable,
};

/** Codes of the standards that need no words of their own, and of providers' that only an administrator can do about. */
const furtherCodes = [
	'authorization_pending',
	'invalid_request',
	'invalid_token',
	'unsupported_token_type',
	'unsupported_response_type',
	'invalid_request_uri',
	'invalid_resource',
	'device_flow_disabled',
	'admin_policy_enforced',
	'org_internal',
];
const knownCodes = new Set([...Object.keys(meanings), ...furtherCodes]);

/** Whether a code is one of the standards': where it is, it decides whatever the HTTP status says. */
export const isOAuthErrorCode = (code: string): boolean => knownCodes.has(code);

/** The server gave no judgement: the same may be tried again. */
export const isTransient = ({code}: LoginError): boolean =>
	code === 'network_error' || code === 'timeout' || code === 'server_unavailable';

/** The server says that it cannot work at the moment, which is no response to the request. */
export const isTemporaryErrorCode = (code: string): boolean =>
	code === 'server_error' || code === 'temporarily_unavailable';

const refused = (error: string): Meaning => {
	const shown = displayText(error, 60);
	return {
		code: 'server_rejected',
		message: shown === '' ? 'The server refused the request.' : `The server refused the request (${shown}).`,
		hint: 'Check the settings of your app at the provider, or ask your administrator.',
	};
};

const demandsDpop: Meaning = {
	code: 'invalid_client',
	message: "The server requires proof of possession (DPoP), which this program doesn't support.",
	hint: 'Have the provider issue plain Bearer tokens for this app.',
};

const blockedAccount: Meaning = {
	code: 'server_rejected',
	message: 'This account is blocked.',
	hint: 'Ask your administrator to unblock it.',
};

/** What a description says that its code does not: servers have few codes, and use them freely. */
const toldApart: readonly (readonly [RegExp, RegExp, Meaning | undefined])[] = [
	[/^(?:invalid|use)_dpop_/, /(?:)/, demandsDpop],
	[/^unauthorized$/, /\bblocked\b/i, blockedAccount],
	[/^too_many_requests$/, /(?:)/, tooMany],
	[/(?:)/, /\binvalid[ _]scopes?\b/i, meanings['invalid_scope']],
	[
		/^invalid_request$/,
		/\b(?:grant[ _-]type|device_code)\b.*\bnot (?:allowed|enabled|supported|permitted)\b/i,
		unsupported,
	],
];

const blocked = (message: string, hint: string): Meaning => ({code: 'access_denied', message, hint});

const notEnabled = (message: string, setting: string): Meaning => ({
	code: 'unsupported_grant',
	message,
	hint: `Use the other flow, or have someone who manages the app turn on ${setting}.`,
});

const noCodes = "Signing in with a code isn't turned on for this app.";

/** What only an administrator can change, by what the providers document: it stands before what the code alone means. */
const policies: typeof toldApart = [
	[
		/(?:)/,
		/\bAADSTS5300[03]\b/,
		blocked(
			"Your organization's Conditional Access policy blocks this sign-in.",
			'If you used a code, use your browser instead, because the policy\'s condition "Authentication flows" can forbid codes. Otherwise, ask your administrator.',
		),
	],
	[
		/(?:)/,
		/\bAADSTS7000218\b/,
		notEnabled(
			'Entra thinks this app has a secret.',
			'"Allow public client flows" (App registrations > Authentication)',
		),
	],
	[
		// Where a refresh meets it, the session has ended.
		/^(?!invalid_grant$)/,
		/\bAADSTS(?:65001|90094)\b/,
		{
			...interaction,
			message: 'Nobody has agreed to what this app asks for.',
			hint: 'Sign in again and agree. If you can\'t, ask your administrator for "Grant admin consent" (Enterprise applications > Permissions).',
		},
	],
	[
		/(?:)/,
		/\bAADSTS50105\b/,
		blocked(
			"Your account isn't assigned to this app.",
			'Ask your administrator to assign you (Enterprise applications > Users and groups).',
		),
	],
	[
		/^admin_policy_enforced$/,
		/(?:)/,
		blocked(
			"Your Google Workspace administrator doesn't allow this app.",
			'Ask them to trust its client ID (Admin console > Security > API controls), or use another account.',
		),
	],
	[
		/^org_internal$/,
		/(?:)/,
		blocked(
			'This app is for one Google Workspace organization only.',
			'Use an account of that organization. Otherwise, have its developer set the user type to External (Google Auth Platform > Audience).',
		),
	],
	[/^device_flow_disabled$/, /(?:)/, notEnabled(noCodes, '"Enable Device Flow" in its settings on GitHub')],
	[
		/^access_denied$/,
		/^Policy evaluation failed\b/i,
		blocked(
			'No access policy of the Okta authorization server allows this sign-in.',
			'Ask your administrator to check them (Security > API > Access policies).',
		),
	],
	[
		/^unauthorized_client$/,
		/^Client is not allowed to initiate OAuth 2\.0 Device Authorization Grant\b/i,
		notEnabled(noCodes, '"OAuth 2.0 Device Authorization Grant" in its settings in Keycloak'),
	],
	[
		/^unauthorized_client$/,
		/^Grant type '[\w:-]*device_code' not allowed for the client\b/i,
		notEnabled(noCodes, '"Device Code" (Advanced settings > Grant types in Auth0)'),
	],
];

const found = (table: typeof toldApart, error: string, description: string): Meaning | undefined =>
	table.find(([code, words]) => code.test(error) && words.test(description))?.[2];

const meaningOf = (error: string, description: string): Meaning =>
	found(policies, error, description) ??
	(Object.hasOwn(meanings, error) ? meanings[error] : undefined) ??
	found(toldApart, error, description) ??
	refused(error);

/** What to do, where the server's metadata tells what its error does not. */
const adviceFor = ({code, hint}: Meaning, description: string, info: ResponseInfo): readonly Hint[] => {
	const {pushed_authorization_request_endpoint: pushed, dpop_signing_alg_values_supported: dpop} = info.server ?? {};
	if (code === 'server_unavailable') return [waitSentence(info)];
	if (code === 'server_rejected' && pushed !== undefined && /\bpushed\b|\bPAR\b/i.test(description)) {
		return [words => words.pushRequest];
	}

	return code === 'invalid_grant' && dpop !== undefined
		? [
				hint,
				"If it keeps happening, the server may require proof of possession (DPoP), which this program doesn't support. Have the provider issue plain Bearer tokens for this app.",
			]
		: [hint];
};

/** An error response in words: what the server wrote is quoted, never trusted (RFC 6749 §5.2). */
export const oauthError = (
	body: {readonly error: string; readonly error_description?: unknown; readonly error_uri?: unknown},
	info: ResponseInfo,
): LoginError => {
	const description = typeof body.error_description === 'string' ? displayText(body.error_description) : '';
	const meaning = meaningOf(body.error, description);
	const {code} = meaning;
	const asked = code === 'invalid_scope' && info.scope ? displayText(info.scope, 400) : '';
	const message = asked === '' ? meaning.message : `${meaning.message} Asked for: ${asked}.`;
	const advice = adviceFor(meaning, description, info);
	const more = typeof body.error_uri === 'string' ? checkUrl(body.error_uri) : '';
	const isLink = typeof more !== 'string' && more.protocol === 'https:';
	const hints = isLink ? [...advice, `Read more: ${displayText(more.href)}`] : advice;
	return new LoginError(code, description === '' ? message : `${message} The server says: ${description}`, {
		...info,
		hint: words => hints.map(hint => sayHint(hint, words)).join(' '),
	});
};
