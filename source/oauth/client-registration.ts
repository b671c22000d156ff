/** Lets this program register itself as a client (RFC 7591), and undoes that (RFC 7592). */
import type {AuthorizationServer} from 'oauth4webapi';
import {omitUndefined} from '../core/clock.js';
import {hasCode, type Hint, LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {clientMetadata, deviceGrant, reducedMetadata, type ClientMetadata} from './client-metadata.js';
import {checkServerUrl} from './server-url.js';
import {unusableResponse} from './errors.js';
import type {ClientAuthentication, ClientRegistration} from './provider.js';
import {callServer, type RequestContext} from './request.js';
import {checkToken, tryClient} from './token-endpoint.js';

/** A public client where the server has such; it need not say so. */
const methodFor = ({token_endpoint_auth_methods_supported: offered}: AuthorizationServer): string =>
	offered === undefined || offered.includes('none')
		? 'none'
		: offered.includes('client_secret_basic')
			? 'client_secret_basic'
			: 'client_secret_post';

const methods: Readonly<Record<string, ClientAuthentication>> = {
	client_secret_basic: 'basic',
	client_secret_post: 'post',
};

const readRegistration = (
	body: Readonly<Record<string, unknown>>,
	{redirect_uris, token_endpoint_auth_method: asked}: ClientMetadata,
): ClientRegistration | undefined => {
	const text = (name: string): string | undefined => {
		const value = body[name];
		return typeof value === 'string' && value !== '' ? value : undefined;
	};
	const [clientId, clientSecret] = [text('client_id'), text('client_secret')];
	if (clientId === undefined) return undefined;
	const expires = body['client_secret_expires_at'];
	const [url, token] = [text('registration_client_uri'), text('registration_access_token')];
	// Some servers hand out a secret that wasn't asked for, and then demand it.
	const method = methods[text('token_endpoint_auth_method') ?? asked ?? ''];
	return omitUndefined<ClientRegistration>({
		clientId: checkToken(clientId, 'client ID'),
		clientSecret: clientSecret && checkToken(clientSecret, 'client secret'),
		// It is the secret's: some give it to clients that have none.
		expiresAt: clientSecret && typeof expires === 'number' && expires > 0 ? expires * 1000 : undefined,
		clientAuthentication: clientSecret === undefined ? 'none' : method,
		redirectUris: redirect_uris,
		// Checked when it is asked to delete the client: a wrong one is no reason not to sign in.
		management:
			url !== undefined && URL.canParse(url) && token !== undefined
				? {url: new URL(url).href, token: checkToken(token, 'registration_access_token')}
				: undefined,
	});
};

type Refusal = {readonly status: number; readonly error: string; readonly description: string};

const register = async (
	context: RequestContext,
	metadata: ClientMetadata,
): Promise<{readonly registration: ClientRegistration} | {readonly refusal: Refusal}> =>
	callServer(context, 'registration', async ({post, info}) => {
		const {issuer, registration_endpoint: endpoint = ''} = context.provider.server;
		const response = await post(checkServerUrl(endpoint, issuer, 'The registration_endpoint').href, metadata);
		const {status} = response;
		const body: unknown = await response.json().catch(() => undefined);
		const members = (body ?? {}) as Readonly<Record<string, unknown>>;
		if (status >= 500 || status === 429) throw unusableResponse('', 'registration', info);
		const registration = status < 300 ? readRegistration(members, metadata) : undefined;
		if (registration !== undefined) return {registration};
		const {error, error_description: description} = members;
		return {
			refusal: {
				status,
				error: typeof error === 'string' ? displayText(error, 60) : '',
				description: typeof description === 'string' ? displayText(description) : '',
			},
		};
	});

/** What a person does where the server lets no app register itself. */
export const registerByHand =
	(redirectUri: string): Hint =>
	words =>
		`Register an app there with the redirect URI ${redirectUri}, ${words.clientId}.`;

/**
 * Registers this program with one redirect URI. Where the server refuses, it says less about itself, or `localhost`
 * instead of an address: then the registration has another redirect URI than it was to have.
 *
 * @throws LoginError `server_rejected`, with what a person can register instead
 */
export const registerClient = async (context: RequestContext, redirectUri: string): Promise<ClientRegistration> => {
	const {server, application} = context.provider;
	const device = server.grant_types_supported?.includes(deviceGrant) === true;
	let metadata = clientMetadata({application, redirectUris: [redirectUri], method: methodFor(server), device});
	let outcome = await register(context, metadata);
	if ('refusal' in outcome && outcome.refusal.error === 'invalid_redirect_uri') {
		metadata = {...metadata, redirect_uris: [redirectUri.replace('127.0.0.1', 'localhost')]};
		outcome = await register(context, metadata);
	}

	// Validators that know no OAuth say 422.
	if (
		'refusal' in outcome &&
		outcome.refusal.error !== 'invalid_redirect_uri' &&
		[400, 422].includes(outcome.refusal.status)
	) {
		outcome = await register(context, reducedMetadata(metadata));
	}

	if ('registration' in outcome) return outcome.registration;
	const {status, error, description} = outcome.refusal;
	const host = displayText(new URL(server.issuer).host, 80);
	const why = [error === '' ? `HTTP ${status}` : error, description].filter(Boolean).join(': ');
	const problem =
		status === 404
			? `Found nowhere to register this app at ${host} (${why}). Is the URL right?`
			: `${host} doesn't let this app register itself (${why}).`;
	throw new LoginError('server_rejected', problem, {hint: registerByHand(redirectUri), status});
};

/**
 * Whether the server has forgotten the client, which otherwise only a page in the browser says. Servers that judge the
 * token first tell nothing, and count as knowing it.
 */
export const isForgotten = async (context: RequestContext): Promise<boolean> => {
	try {
		await tryClient(context);
		return false;
	} catch (error) {
		context.signal.throwIfAborted();
		return hasCode(error, 'invalid_client');
	}
};

/** Deletes a registration (RFC 7592 §2.3), where the server has said how; a failure is the server's to live with. */
export const deleteRegistration = async (context: RequestContext, {management}: ClientRegistration): Promise<void> => {
	if (management === undefined) return;
	const headers = {authorization: `Bearer ${management.token}`};
	const request = callServer(context, 'registration', async ({get}) => {
		const {href} = checkServerUrl(management.url, context.provider.issuer, 'The registration_client_uri');
		return get(href, headers, 'DELETE');
	});
	await request.catch(() => undefined);
};
