import type {KeyObject} from 'node:crypto';
import {jwtVerify} from 'jose';
import type Provider from 'oidc-provider';
import {errors, type KoaContextWithOIDC, type TokenEndpointGrantContext} from 'oidc-provider';
import {serviceFor} from './registrations.js';

export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 8693 §4.1: who acts, and for whom they act in turn. */
export type Actor = {readonly sub: string; readonly act?: Actor};

type Parameters = {
	subject_token?: string;
	subject_token_type?: string;
	actor_token?: string;
	actor_token_type?: string;
	requested_token_type?: string;
	audience?: string;
	resource?: string;
	scope?: string;
};

type Principal = {readonly subject: string; readonly scope: string; readonly grantId?: string; readonly act?: Actor};

const actors = new WeakMap<object, Actor>();

/** The actor of the exchange that this request makes, if it makes one. */
export const actorOf = (ctx: KoaContextWithOIDC): Actor | undefined => actors.get(ctx.req);

/** RFC 8693: an access token of this server for one that a service accepts, optionally with the actor named in it. */
export const registerTokenExchange = (provider: Provider, verificationKey: KeyObject): void => {
	const find = principals(provider, verificationKey);
	provider.registerGrantType<Parameters>(tokenExchangeGrant, async ctx => exchange(provider, find, ctx), [
		'subject_token',
		'subject_token_type',
		'actor_token',
		'actor_token_type',
		'requested_token_type',
		'audience',
		'resource',
		'scope',
	]);
};

type FindPrincipal = (token: string) => Promise<Principal | undefined>;

const exchange = async (
	provider: Provider,
	find: FindPrincipal,
	ctx: TokenEndpointGrantContext<Parameters>,
): Promise<void> => {
	const {client, params} = ctx.oidc;
	if (params.requested_token_type !== undefined && params.requested_token_type !== accessTokenType) {
		throw new errors.InvalidRequest('requested_token_type is not supported');
	}
	const subject = await principal(find, 'subject_token', params);
	const hasActor = params.actor_token !== undefined || params.actor_token_type !== undefined;
	const actor = hasActor ? await principal(find, 'actor_token', params) : undefined;
	// RFC 8693 §4.1: the present actor outside, the ones before it within.
	if (actor) actors.set(ctx.req, {sub: actor.subject, ...(subject.act && {act: subject.act})});
	else if (subject.act) actors.set(ctx.req, subject.act);

	const target = params.resource ?? params.audience;
	const service = target === undefined ? undefined : serviceFor(target);
	if (target !== undefined && service === undefined) throw new errors.InvalidTarget('no such service');
	if (params.audience !== undefined && serviceFor(params.audience)?.audience !== service?.audience) {
		throw new errors.InvalidTarget('audience and resource name different services');
	}

	const available = (service?.scope ?? subject.scope).split(' ').filter(Boolean);
	const requested = params.scope?.split(' ') ?? available;
	const excess = requested.find(scope => !available.includes(scope));
	if (excess !== undefined) throw new errors.InvalidScope('scope exceeds what this exchange may grant', excess);

	const token = new provider.AccessToken({
		accountId: subject.subject,
		client,
		grantId: subject.grantId ?? '',
		gty: 'token_exchange',
		scope: requested.join(' '),
	});
	if (service !== undefined) {
		token.resourceServer = new provider.ResourceServer(service.audience, {...service, accessTokenFormat: 'jwt'});
	}
	ctx.oidc.entity('AccessToken', token);
	ctx.body = {
		access_token: await token.save(),
		issued_token_type: accessTokenType,
		token_type: token.tokenType,
		expires_in: token.expiration,
		scope: token.scope,
	};
};

const principal = async (
	find: FindPrincipal,
	name: 'subject_token' | 'actor_token',
	params: Parameters,
): Promise<Principal> => {
	const token = params[name];
	const type = params[`${name}_type`];
	if (token === undefined || type === undefined) throw new errors.InvalidRequest(`${name} or its type is missing`);
	if (type !== accessTokenType) throw new errors.InvalidRequest(`${name}_type is not supported`);
	const known = await find(token);
	// RFC 8693 §2.2.2: a token that does not hold is invalid_request, not invalid_grant.
	if (known === undefined) throw new errors.InvalidRequest(`${name} is unknown, expired or revoked`);
	return known;
};

const principals =
	(provider: Provider, verificationKey: KeyObject): FindPrincipal =>
	async value => {
		const ofPerson = await provider.AccessToken.find(value);
		if (ofPerson?.isValid) {
			return {subject: ofPerson.accountId, scope: ofPerson.scope ?? '', grantId: ofPerson.grantId};
		}
		const ofMachine = await provider.ClientCredentials.find(value);
		if (ofMachine?.isValid) return {subject: ofMachine.clientId ?? '', scope: ofMachine.scope ?? ''};
		// A token for a service is a signed one (RFC 9068) and lives in no list.
		try {
			const {payload} = await jwtVerify(value, verificationKey, {issuer: provider.issuer, typ: 'at+jwt'});
			const {sub = '', scope = '', act} = payload as {sub?: string; scope?: string; act?: Actor};
			return {subject: sub, scope, act};
		} catch {
			return undefined;
		}
	};
