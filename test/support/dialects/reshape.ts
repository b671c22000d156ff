import type {ScriptedResponse, Reply, ScriptedRequest, ServerEndpoint} from '../../../source/testing/index.js';

type Body = Readonly<Record<string, unknown>>;

/** The conforming response in a provider's own words. */
export const reshape =
	(
		change: (body: Body, status: number, request: ScriptedRequest<ServerEndpoint>) => Partial<Reply>,
	): ScriptedResponse<ServerEndpoint> =>
	async (request, conforming) => {
		const reply = await conforming();
		return {...reply, ...change(reply.body as Body, reply.status, request)};
	};

export const without = (body: Body, ...names: readonly string[]): Body =>
	Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

export const notFound: Partial<Reply> = {
	status: 404,
	body: '<h1>Not found</h1>',
	headers: {'content-type': 'text/html'},
};

/** http on 127.0.0.1, any port (RFC 8252 §7.3). */
export const isAnyLoopbackPort = ({protocol, hostname}: URL): boolean =>
	protocol === 'http:' && hostname === '127.0.0.1';
