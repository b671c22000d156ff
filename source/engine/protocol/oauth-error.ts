import {displayText} from '../display-text.js';
import {LoginError, type LoginErrorCode} from '../login-error.js';
import {checkUrl} from '../safe-url.js';
import {waitSentence, type AnswerFacts} from './answer-facts.js';

type Meaning = {readonly code: LoginErrorCode; readonly message: string; readonly hint: string};

const interaction: Meaning = {
	code: 'interaction_required',
	message: 'The server wants to ask the person something first.',
	hint: 'Sign in again in the browser, without a prompt setting that forbids questions.',
};
const unavailable: Meaning = {
	code: 'server_unavailable',
	message: 'The server cannot answer at the moment.',
	hint: waitSentence({}),
};
const tooMany: Meaning = {
	code: 'server_unavailable',
	message: 'The server has had too many requests.',
	hint: waitSentence({}),
};
const unsupported: Meaning = {
	code: 'unsupported_grant',
	message: 'The server does not allow this way of signing in for this client.',
	hint: 'Enable the grant for this client at the provider, or take another way to sign in.',
};

/** The error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8693 §2.2.2 and OIDC Core §3.1.2.6. */
const meanings: Readonly<Record<string, Meaning>> = {
	access_denied: {
		code: 'access_denied',
		message: 'The sign-in was refused.',
		hint: 'Start again if that was not meant; otherwise ask whoever runs the provider for access.',
	},
	expired_token: {
		code: 'expired_token',
		message: 'The code expired before it was approved.',
		hint: 'Start again and approve the new code in time.',
	},
	invalid_grant: {
		code: 'invalid_grant',
		message: 'The server no longer accepts this sign-in.',
		hint: 'Sign in again.',
	},
	invalid_client: {
		code: 'invalid_client',
		message: 'The server does not accept this client.',
		hint: 'Check the client id, the client secret and how the client authenticates.',
	},
	invalid_scope: {
		code: 'invalid_scope',
		message: 'The server does not grant the requested scope.',
		hint: 'Ask for a scope that is allowed for this client.',
	},
	invalid_target: {
		code: 'invalid_target',
		message: 'The server issues no token for the requested audience or resource.',
		hint: 'Check the audience and the resource; both must be known to the server.',
	},
	unsupported_grant_type: unsupported,
	unauthorized_client: unsupported,
	login_required: interaction,
	consent_required: interaction,
	interaction_required: interaction,
	account_selection_required: interaction,
	server_error: unavailable,
	// While polling it has a meaning of its own; elsewhere it is a server's rate limit (authentik).
	slow_down: tooMany,
	temporarily_unavailable: unavailable,
};

/** Codes of the standards that need no words of their own. */
const furtherCodes = [
	'authorization_pending',
	'invalid_request',
	'invalid_token',
	'unsupported_token_type',
	'unsupported_response_type',
	'invalid_request_uri',
	'invalid_resource',
];
const knownCodes = new Set([...Object.keys(meanings), ...furtherCodes]);

/** Whether a code is one of the standards': where it is, it decides whatever the HTTP status says. */
export const isOAuthErrorCode = (code: string): boolean => knownCodes.has(code);

/** The server says that it cannot work at the moment, which is no answer to the request. */
export const isTemporaryErrorCode = (code: string): boolean =>
	code === 'server_error' || code === 'temporarily_unavailable';

const refused = (error: string): Meaning => {
	const shown = displayText(error, 60);
	return {
		code: 'server_rejected',
		message: shown === '' ? 'The server refused the request.' : `The server refused the request (${shown}).`,
		hint: 'Check the configuration of the client with whoever runs the provider.',
	};
};

/** An error answer in words: what the server wrote is quoted, never trusted (RFC 6749 §5.2; protocol checklist F12, F13). */
export const oauthError = (
	answer: {readonly error: string; readonly error_description?: unknown; readonly error_uri?: unknown},
	facts: AnswerFacts,
): LoginError => {
	const {endpoint, status} = facts;
	const known = Object.hasOwn(meanings, answer.error) ? meanings[answer.error] : undefined;
	const {code, message, hint: advice} = known ?? refused(answer.error);
	const hint = code === 'server_unavailable' ? waitSentence(facts) : advice;
	const description = typeof answer.error_description === 'string' ? displayText(answer.error_description) : '';
	const more = typeof answer.error_uri === 'string' ? checkUrl(answer.error_uri) : '';
	return new LoginError(code, description === '' ? message : `${message} The server says: ${description}`, {
		hint: typeof more === 'string' || more.protocol !== 'https:' ? hint : `${hint} More: ${displayText(more.href)}`,
		endpoint,
		status,
	});
};
