import {clientCredentialsGrantRequest, genericTokenEndpointRequest, type ClientAuth} from 'oauth4webapi';
import {displayText} from '../core/safe-text.js';
import {LoginError, type LoginErrorCode} from '../core/errors.js';
import type {WorkloadIdentity} from './provider.js';
import {callServer, type RequestContext} from './request.js';
import {requestParameters} from './request-parameters.js';
import {completeGrant, ownScope} from './token-endpoint.js';
import {decodeJwtPart, type TokenSet} from './token-set.js';

const urn = (name: string) => `urn:ietf:params:oauth:${name}`;
const jwtBearer = urn('grant-type:jwt-bearer');
const tokenExchange = urn('grant-type:token-exchange');

type Form = NonNullable<WorkloadIdentity['as']>;

/** The form that the settings name, otherwise the first that the server's metadata offers. */
export const formOf = ({workloadIdentity, server}: RequestContext['provider']): Form | undefined => {
	if (workloadIdentity?.as !== undefined) return workloadIdentity.as;
	const {grant_types_supported: grants = [], token_endpoint_auth_methods_supported: methods = []} = server;
	if (grants.includes(jwtBearer)) return 'grant';
	if (grants.includes(tokenExchange)) return 'exchange';
	return grants.includes('client_credentials') && methods.includes('private_key_jwt') ? 'client' : undefined;
};

/** The token proves who the client is (RFC 7523 §2.2). */
export const byAssertion =
	(token: string): ClientAuth =>
	(_server, client, body) => {
		body.set('client_id', client.client_id);
		body.set('client_assertion_type', urn('client-assertion-type:jwt-bearer'));
		body.set('client_assertion', token);
	};

/** What a server says that does not trust the token; it has few words for that. */
const refusals: ReadonlySet<LoginErrorCode> = new Set([
	'access_denied',
	'bad_response',
	'invalid_client',
	'invalid_grant',
	'server_rejected',
]);

const shown = (value: unknown): string => {
	const text = displayText(
		[value]
			.flat()
			.filter(one => typeof one === 'string')
			.join(', '),
	);
	return text === '' ? 'none' : text;
};

/** Says which trust is missing, by the token's own claims: they are read for this sentence and for nothing else. */
const refused = (error: LoginError, token: string, {provider, clock}: RequestContext): LoginError => {
	if (!refusals.has(error.code)) return error;
	const {endpoint, status} = error;
	const {iss, sub, aud, exp} = decodeJwtPart(token, 1) ?? {};
	// What these two codes mean is said of a person's sign-in; the server's own sentence stands where there is one.
	const isOfPerson = error.code === 'invalid_grant' || error.code === 'access_denied';
	const said = isOfPerson ? (/The server says: .*/s.exec(error.message)?.[0] ?? '') : error.message;
	const fail = (what: string, hint: string) =>
		new LoginError('invalid_client', `${what} ${said}`.trimEnd(), {hint, endpoint, status});
	if (typeof exp === 'number' && exp * 1000 <= clock.now()) {
		return fail("This workload's identity token has expired.", 'Have the platform issue a new one, then try again.');
	}

	return fail(
		"The server doesn't trust this workload's identity.",
		iss === undefined && sub === undefined
			? 'Have the provider trust the issuer, the subject and the audience of its token.'
			: `Have ${displayText(provider.issuer)} trust the issuer ${shown(iss)}, the subject ${shown(sub)} and the audience ${shown(aud)}.`,
	);
};

/**
 * Tokens for the identity that a workload has from its platform.
 *
 * @throws LoginError `invalid_client` where the server does not trust it, with what it would have to trust
 */
export const requestByIdentity = async (context: RequestContext, token: string): Promise<TokenSet> => {
	const {provider} = context;
	const {server, audience} = provider;
	const form = formOf(provider);
	if (form === undefined) {
		throw new LoginError('unsupported_grant', "The server doesn't say that it accepts workload identities.", {
			hint: ({identityForm = 'If it does, choose the form: grant, exchange or client.'}) => identityForm,
		});
	}

	if (form !== 'exchange' && decodeJwtPart(token, 1) === undefined) {
		throw new LoginError('config_error', "This workload's identity token isn't a JWT.", {
			hint: 'Other tokens can only be exchanged (RFC 8693). Check where the token comes from.',
		});
	}

	const scope = ownScope(provider);
	const parameters = requestParameters(provider, 'token', {audience, scope});
	try {
		return await callServer(context, 'token', async call =>
			completeGrant(context, call, {
				scope,
				async send({client, authentication, options}) {
					if (form === 'client') {
						return clientCredentialsGrantRequest(server, client, byAssertion(token), parameters, options);
					}

					parameters.set(form === 'grant' ? 'assertion' : 'subject_token', token);
					// Some servers tell an ID token from other JWTs, so an extra parameter may say what it is.
					if (form === 'exchange' && !parameters.has('subject_token_type')) {
						parameters.set('subject_token_type', urn('token-type:jwt'));
					}

					const grant = form === 'grant' ? jwtBearer : tokenExchange;
					return genericTokenEndpointRequest(server, client, authentication, grant, parameters, options);
				},
			}),
		);
	} catch (error) {
		throw error instanceof LoginError ? refused(error, token, context) : error;
	}
};
