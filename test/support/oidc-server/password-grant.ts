import type Provider from 'oidc-provider';
import {errors, type TokenEndpointGrantContext} from 'oidc-provider';
import {demoPassword, personFor, type Person} from './registrations.js';

export const passwordGrant = 'password';

type Parameters = {username?: string; password?: string; scope?: string};

/** RFC 6749 §4.3, for the sake of clients that must still speak it: any demo person, with the demo password. */
export const registerPasswordGrant = (provider: Provider): void => {
	provider.registerGrantType<Parameters>(passwordGrant, async ctx => signIn(provider, ctx), [
		'username',
		'password',
		'scope',
	]);
};

const signIn = async (provider: Provider, ctx: TokenEndpointGrantContext<Parameters>): Promise<void> => {
	const {client, params} = ctx.oidc;
	const person = personFor(params.username ?? '');
	if (person === undefined || params.password !== demoPassword) {
		throw new errors.InvalidGrant('the user name or the password is wrong');
	}
	const scope = [...ctx.oidc.requestParamOIDCScopes].join(' ');
	const grant = new provider.Grant({accountId: person.login, clientId: client.clientId});
	grant.addOIDCScope(scope);
	const grantId = await grant.save();
	const source = {accountId: person.login, client, grantId, gty: passwordGrant, scope};

	const accessToken = new provider.AccessToken(source);
	ctx.oidc.entity('AccessToken', accessToken);
	ctx.body = {
		access_token: await accessToken.save(),
		token_type: accessToken.tokenType,
		expires_in: accessToken.expiration,
		scope,
		...(scope.includes('offline_access') && {
			refresh_token: await new provider.RefreshToken({...source, rotations: 0}).save(),
		}),
		...(ctx.oidc.requestParamOIDCScopes.has('openid') && {id_token: await idToken(ctx, provider, person)}),
	};
};

const idToken = async (ctx: TokenEndpointGrantContext, provider: Provider, {login, name, email}: Person) => {
	const token = new provider.IdToken({}, {ctx});
	token.set('sub', login);
	token.set('name', name);
	token.set('email', email);
	return token.issue({use: 'idtoken'});
};
