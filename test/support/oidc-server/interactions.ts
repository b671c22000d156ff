import type {IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import type {InteractionResults} from 'oidc-provider';
import {requestOf, textOf} from './device-verification.js';
import {consentPage, errorPage, signInPage} from './pages.js';
import {personFor} from './registrations.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Middleware = Parameters<Provider['use']>[0];

/** Sign-in and consent: a page for GET, and a decision for POST. */
export const answerInteractions =
	(provider: Provider): Middleware =>
	async (ctx, next) => {
		if (!ctx.path.startsWith('/interaction/')) {
			await next();
			return;
		}
		const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined);
		if (interaction === undefined) {
			ctx.status = 400;
			ctx.type = 'html';
			ctx.body = errorPage('it is over, or belongs to another browser.');
			return;
		}
		const form = ctx.method === 'POST' ? await readForm(ctx.req) : undefined;
		const result = form && (await decide(provider, interaction, form));
		if (result === undefined) {
			ctx.type = 'html';
			ctx.body = await page(provider, interaction, ctx, form?.get('login') ?? undefined);
			return;
		}
		const resume = await provider.interactionResult(ctx.req, ctx.res, result);
		ctx.redirect(resume);
		ctx.status = 303;
	};

const page = async (provider: Provider, interaction: Interaction, ctx: {ip: string}, rejectedLogin?: string) => {
	const {params, prompt, session} = interaction;
	const client = await provider.Client.find(textOf(params['client_id']));
	const application = client?.clientName ?? 'An application';
	if (prompt.name === 'login') {
		return signInPage({application, loginHint: textOf(params['login_hint'], 'alice'), rejectedLogin});
	}
	const deviceCode =
		interaction.deviceCode === undefined ? undefined : await provider.DeviceCode.find(interaction.deviceCode);
	return consentPage({
		person: personFor(session?.accountId ?? ''),
		request: deviceCode
			? requestOf(application, deviceCode)
			: {
					application,
					scope: textOf(params['scope']),
					requestedAt: interaction.iat * 1000,
					address: ctx.ip,
					responseTo: textOf(params['redirect_uri']),
				},
	});
};

const decide = async (
	provider: Provider,
	{prompt, params, session, grantId}: Interaction,
	form: URLSearchParams,
): Promise<InteractionResults | undefined> => {
	if (form.get('decision') === 'deny') {
		return {error: 'access_denied', error_description: 'The person declined.'};
	}
	if (prompt.name === 'login') {
		const person = personFor(form.get('login') ?? '');
		return person && {login: {accountId: person.login, amr: ['demo']}};
	}
	const {missingOIDCScope, missingOIDCClaims, missingResourceScopes} = prompt.details as {
		missingOIDCScope?: string[];
		missingOIDCClaims?: string[];
		missingResourceScopes?: Record<string, string[]>;
	};
	const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
	const grant =
		existing ?? new provider.Grant({accountId: session?.accountId ?? '', clientId: textOf(params['client_id'])});
	if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
	if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
	for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
		grant.addResourceScope(resource, scopes.join(' '));
	}
	return {consent: {grantId: await grant.save()}};
};

const largestForm = 10_000;

const readForm = async (request: IncomingMessage): Promise<URLSearchParams> => {
	if (Number(request.headers['content-length'] ?? Infinity) > largestForm) return new URLSearchParams();
	return new URLSearchParams(await text(request));
};
