import type {RequestContext} from '../flow.js';
import type {Identity} from '../login-event.js';
import {unusableResponse} from './error-mapping.js';
import {toIdentity} from './id-token.js';
import {openCall} from './server-call.js';

type Members = Readonly<Record<string, unknown>>;

const read = (members: Members, name: string | undefined): string | undefined => {
	const value = name !== undefined && Object.hasOwn(members, name) ? members[name] : undefined;
	return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

/** Who it is by the words of a server without ID tokens: for display only. Undefined where it does not say. */
export const mapIdentity = ({provider}: RequestContext, source: unknown): Identity | undefined => {
	if (provider.identity === undefined || typeof source !== 'object' || source === null) return undefined;
	const members = source as Members;
	const {subject, name, email} = provider.identity;
	const found = read(members, subject);
	if (found === undefined || !/^[\x20-\x7E]{1,255}$/.test(found)) return undefined;
	return toIdentity(provider.issuer, found, {name: read(members, name), email: read(members, email)});
};

/** Asks the provider's own address with the token, as GitHub's `/user`. */
export const askIdentity = async (
	context: RequestContext,
	url: string,
	accessToken: string,
): Promise<{readonly identity?: Identity; readonly claims: Members}> => {
	const call = openCall(context, 'user-info');
	try {
		const response = await call.get(url, {authorization: `Bearer ${accessToken}`});
		const claims: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
		if (typeof claims !== 'object' || claims === null) {
			throw unusableResponse('it is not what was asked for', 'user-info', call.info);
		}

		return {identity: mapIdentity(context, claims), claims: {...claims}};
	} catch (error) {
		throw call.fail(error);
	}
};
