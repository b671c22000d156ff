import {
	deviceAuthorizationRequest,
	deviceCodeGrantRequest,
	processDeviceAuthorizationResponse,
	ResponseBodyError,
} from 'oauth4webapi';
import {displayText, type DisplayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {escapeHref, type SafeUrl} from '../core/safe-url.js';
import type {TokenSet} from './token-set.js';
import {checkServerUrl, isForeignHost} from './server-url.js';
import {readInterval} from './quirks.js';
import {isOAuthErrorCode, isTransient} from './error-codes.js';
import {omitUndefined} from '../core/clock.js';
import {requestParameters} from './request-parameters.js';
import {callServer, openCall, type RequestContext} from './request.js';
import {checkToken, completeGrant} from './token-endpoint.js';

/** The response of RFC 8628 §3.2, fit to be shown; times are in seconds. */
export type DeviceAuthorization = {
	/** A secret: it is never shown (RFC 8628 §3.3). */
	readonly deviceCode: string;
	readonly userCode: DisplayText;
	readonly verificationUri: SafeUrl;
	readonly verificationUriComplete?: SafeUrl;
	/** Whether that is a host which nobody connects with the issuer. */
	readonly onForeignHost?: true;
	/** 30 to 1800. */
	readonly expiresIn: number;
	/** 1 to 60. */
	readonly interval: number;
};

/** What one poll brought (RFC 8628 §3.5); `retryAfter` and `interval` are in seconds. Any other response is an error. */
type DeviceTokenResponse =
	| {readonly kind: 'tokens'; readonly tokens: TokenSet}
	| {readonly kind: 'pending'; readonly retryAfter?: number}
	| {readonly kind: 'slow-down'; readonly interval?: number; readonly retryAfter?: number}
	/** No usable response came: the same may be tried again, less often. */
	| {readonly kind: 'transient'; readonly reason: string; readonly retryAfter?: number};

const signInPage = (text: string, issuer: string): SafeUrl =>
	escapeHref(checkServerUrl(text, issuer, 'The sign-in page', 'bad_response').href);

/**
 * The link with the code in it is a convenience (RFC 8628 §3.2): one that cannot be used is left out, and so is one that
 * leads to another origin than the link that people read and compare.
 */
const readComplete = (text: string | undefined, issuer: string, plainLink: SafeUrl): SafeUrl | undefined => {
	if (text === undefined) return undefined;
	try {
		const complete = signInPage(text, issuer);
		return new URL(complete).origin === new URL(plainLink).origin ? complete : undefined;
	} catch {
		return undefined;
	}
};

/**
 * Asks for a device code and a user code (RFC 8628 §3.1).
 *
 * @throws LoginError `device_unsupported` where the server has no such endpoint
 */
export const requestDeviceAuthorization = async (context: RequestContext): Promise<DeviceAuthorization> => {
	const {provider} = context;
	const {server} = provider;
	if (server.device_authorization_endpoint === undefined) {
		throw new LoginError('device_unsupported', "This server doesn't offer codes.", {
			hint: 'Sign in with your browser instead.',
		});
	}

	return callServer(context, 'device-authorization', async call => {
		const parameters = requestParameters(provider, 'device', {
			audience: provider.audience,
			scope: provider.requestedScope,
		});
		const {client, authentication, options, info} = call;
		const response = await deviceAuthorizationRequest(server, client, authentication, parameters, options);
		const body = await processDeviceAuthorizationResponse(server, client, response);
		const userCode = displayText(body.user_code, 64);
		if (userCode === '') {
			throw new LoginError('bad_response', "The server sent a code that can't be shown.", {
				hint: 'Sign in with your browser instead, or ask your administrator.',
				endpoint: info.endpoint,
			});
		}

		const verificationUri = signInPage(body.verification_uri, server.issuer);
		return omitUndefined({
			deviceCode: checkToken(body.device_code, 'device code', info.endpoint),
			userCode,
			verificationUri,
			verificationUriComplete: readComplete(body.verification_uri_complete, server.issuer, verificationUri),
			onForeignHost:
				isForeignHost(new URL(verificationUri).hostname, server.issuer, provider.crossDomainHosts) || undefined,
			expiresIn: body.expires_in,
			interval: body.interval ?? 5,
		});
	});
};

/** An error code that no standard knows, under a status that speaks for itself: some gateway's page, no response. */
const isGatewayPage = (error: ResponseBodyError) => error.status === 408 && !isOAuthErrorCode(error.error);

/**
 * Asks once whether the person has approved (RFC 8628 §3.4). The error code decides, whatever the HTTP status.
 *
 * @throws LoginError for every response that ends the polling, and `cancelled` once the signal aborts
 */
export const requestDeviceToken = async (context: RequestContext, deviceCode: string): Promise<DeviceTokenResponse> => {
	const {provider, signal} = context;
	const call = openCall(context, 'device-token');
	let isGranted = false as boolean;
	try {
		signal.throwIfAborted();
		const tokens = await completeGrant(context, call, {
			async send({client, authentication, options}) {
				const response = await deviceCodeGrantRequest(provider.server, client, authentication, deviceCode, {
					...options,
					additionalParameters: requestParameters(provider, 'token'),
				});
				isGranted = response.ok;
				return response;
			},
			scope: provider.requestedScope,
		});
		return {kind: 'tokens', tokens};
	} catch (error) {
		const {retryAfter} = call.info;
		if (error instanceof ResponseBodyError && !signal.aborted) {
			if (error.error === 'authorization_pending') return {kind: 'pending', retryAfter};
			if (error.error === 'slow_down') {
				return {kind: 'slow-down', interval: readInterval(error.cause['interval']), retryAfter};
			}

			if (isGatewayPage(error)) return {kind: 'transient', reason: 'The server timed out (HTTP 408).', retryAfter};
		}

		const failure = call.fail(error);
		// A code that brought tokens is spent: some servers take them back when they are asked for again.
		if (!isGranted && isTransient(failure)) return {kind: 'transient', reason: failure.message, retryAfter};
		throw failure;
	}
};
