import type {DemoRequest} from './oidc-server/demo-server-options.js';
import {startDemoServer, type DemoServer} from './oidc-server/start-demo-server.js';
import type {Scope} from './built-command.js';

export type CountedServer = DemoServer & {
	/** How many requests of a grant type it has answered since the last time, and with which statuses. */
	count(grantType: string): Promise<readonly number[]>;
};

/** oidc-provider as the server, with a count of its token requests; it ends with the test. */
export const countedServer = async (
	t: Scope,
	options: Parameters<typeof startDemoServer>[0] = {},
): Promise<CountedServer> => {
	let requests: DemoRequest[] = [];
	let onMark: (() => void) | undefined;
	const server = await startDemoServer({
		...options,
		onRequest(request) {
			if (request.path === '/mark') onMark?.();
			else requests.push(request);
		},
	});
	t.after(async () => server.stop());
	return {
		...server,
		async count(grantType) {
			// The server tells of its requests in order: what came before this one is counted.
			const marked = new Promise<void>(resolve => (onMark = resolve));
			await (await fetch(new URL('/mark', server.issuer))).text();
			await marked;
			const answered = requests;
			requests = [];
			return answered.filter(request => request.grantType === grantType).map(({status}) => status);
		},
	};
};
