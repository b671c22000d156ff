import type {LoginEvent} from '../../source/login/events.js';
import type {ScriptedResponse} from '../../source/testing/index.js';
import {hostileStrings} from './hostile-strings.js';
import {prepareDeviceLogin} from './whole-login.js';

const withMembers =
	(members: (honest: Readonly<Record<string, unknown>>) => Record<string, unknown>): ScriptedResponse =>
	async (_request, conforming) => {
		const reply = await conforming();
		const honest = reply.body as Readonly<Record<string, unknown>>;
		return {...reply, body: {...honest, ...members(honest)}};
	};

/** Each text in each field that is shown of a login that ends well, and of one that does not. */
const eventsWith = async (text: string): Promise<readonly (readonly LoginEvent[])[]> => {
	const address = (honest: unknown) => `${String(honest)}?x=${text}#${text}`;
	const good = await prepareDeviceLogin({
		user: {sub: 'user-1', name: text, email: text, preferred_username: text},
		responses: {
			deviceAuthorization: withMembers(honest => ({
				user_code: text,
				verification_uri: address(honest['verification_uri']),
				verification_uri_complete: address(honest['verification_uri_complete']),
			})),
			token: withMembers(() => ({scope: `openid ${text}`})),
		},
	});
	const shown = await good.device(() => {
		// The code was changed on its way: the newest one is meant.
		good.server.approve();
	});
	const bad = await prepareDeviceLogin(
		{
			metadata: metadata => ({...metadata, scopes_supported: ['openid', text], service_documentation: text}),
			responses: {
				token: {status: 400, body: {error: text || 'x', error_description: text, error_uri: `https://x.test/${text}`}},
			},
		},
		{application: text},
	);
	const refused = await bad.device(() => undefined);
	return [shown.events, refused.events];
};

/** The events of two whole logins for each hostile text. */
export const hostileLogins = async (
	texts: readonly string[] = hostileStrings,
): Promise<readonly (readonly LoginEvent[])[]> => {
	const logins: (readonly LoginEvent[])[] = [];
	for (const text of texts) logins.push(...(await eventsWith(text)));
	return logins;
};
