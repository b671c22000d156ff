import {customFetch, genericTokenEndpointRequest} from 'oauth4webapi';
import {hasCode, LoginError} from '../core/errors.js';
import {displayText, type DisplayText} from '../core/safe-text.js';
import {oauthError} from './error-codes.js';
import {unusableResponse} from './errors.js';
import {callServer, type RequestContext} from './request.js';
import {requestParameters} from './request-parameters.js';
import {requestTokens} from './token-endpoint.js';
import {type TokenSet} from './token-set.js';
import {isObject} from '../core/types.js';

/** Where a one-time code goes. */
export type Recipient = {
	readonly channel: 'email' | 'sms';
	readonly address: string;
	/** Most of the address masked. */
	readonly shown: DisplayText;
};

/** An e-mail address, or a phone number with `+`; undefined for what is neither. */
export const readRecipient = (text: string): Recipient | undefined => {
	const address = text.trim();
	const [, first = '', host = ''] = /^([^\s@])[^\s@]*@([^\s@]+)$/.exec(address) ?? [];
	if (host !== '') return {channel: 'email', address, shown: displayText(`${first}***@${host}`, 80)};
	const digits = address.replaceAll(/[\s().-]/g, '');
	if (!/^\+\d{6,15}$/.test(digits)) return undefined;
	return {channel: 'sms', address: digits, shown: displayText(`${digits.slice(0, 3)}***${digits.slice(-2)}`)};
};

/** What came of asking for a code: `retryAfter` is in seconds. */
type SendOutcome =
	{readonly kind: 'sent'} | {readonly kind: 'rate-limited'; readonly retryAfter: number; readonly error: LoginError};

/** Seconds until a code may be asked for again, where the server does not say. */
const defaultWait = 30;

/**
 * Asks the server to send a code, in Auth0's dialect: `/passwordless/start`.
 *
 * @throws LoginError, as `server_rejected` where no code can be sent to this recipient
 */
export const sendOneTimeCode = async (
	context: RequestContext,
	{channel, address, shown}: Recipient,
): Promise<SendOutcome> =>
	callServer(context, 'one-time-code', async ({client, authentication, options, info}) => {
		const {server, endpoints: {oneTimeCode = ''} = {}} = context.provider;
		const form = new URLSearchParams({connection: channel, send: 'code'});
		form.set(channel === 'email' ? 'email' : 'phone_number', address);
		const headers = new Headers({accept: 'application/json', ...options.headers});
		await authentication(server, client, form, headers);
		const response = await options[customFetch](oneTimeCode, {
			method: 'POST',
			headers: Object.fromEntries(headers),
			body: form,
			redirect: 'manual',
			signal: context.signal,
		});
		if (response.ok) return {kind: 'sent'};
		if (response.status === 429) {
			const {retryAfter = defaultWait} = info;
			info.retryAfter = retryAfter;
			return {kind: 'rate-limited', retryAfter, error: oauthError({error: 'slow_down'}, info)};
		}

		const body = (await response.json().catch(() => undefined)) as unknown;
		const {error, error_description}: Record<string, unknown> = isObject(body) ? body : {};
		if (typeof error !== 'string') throw unusableResponse("it isn't what was asked for", 'one-time-code', info);
		if (response.status !== 400) throw oauthError({error, error_description}, info);
		// The server's own words may repeat the whole address.
		throw new LoginError('server_rejected', `The server can't send a code to ${shown} (${displayText(error, 60)}).`, {
			...info,
			hint: "Check that it's spelled correctly, or ask your administrator whether you may sign in this way.",
		});
	});

/** The tokens, or why the code did not bring them: after `spent` no code will. */
type CodeOutcome =
	{readonly kind: 'tokens'; readonly tokens: TokenSet} | {readonly kind: 'wrong' | 'expired' | 'spent'};

/** Trades a code that was typed for tokens, by Auth0's grant. The server's words tell an expired code from a wrong one. */
export const requestOneTimeCodeTokens = async (
	context: RequestContext,
	{channel, address}: Recipient,
	code: string,
): Promise<CodeOutcome> => {
	const {provider} = context;
	const {requestedScope: scope, audience} = provider;
	try {
		const tokens = await requestTokens(context, {
			async send({client, authentication, options}) {
				const parameters = requestParameters(provider, 'token', {audience, scope});
				parameters.set('realm', channel);
				parameters.set('username', address);
				parameters.set('otp', code);
				const grant = 'http://auth0.com/oauth/grant-type/passwordless/otp';
				return genericTokenEndpointRequest(provider.server, client, authentication, grant, parameters, options);
			},
			scope,
		});
		return {kind: 'tokens', tokens};
	} catch (error) {
		if (!hasCode(error, 'invalid_grant')) throw error;
		if (/maximum number of attempts/i.test(error.message)) return {kind: 'spent'};
		return {kind: /\bexpired\b/i.test(error.message) ? 'expired' : 'wrong'};
	}
};
