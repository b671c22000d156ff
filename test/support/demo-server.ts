import type {TestContext} from 'node:test';
import {startDemoServer, type DemoServer} from './oidc-server/start-demo-server.js';

/** oidc-provider as the server; it is stopped when the test ends. */
export const demoServer = async (
	t: TestContext,
	options: Parameters<typeof startDemoServer>[0] = {},
): Promise<DemoServer> => {
	const server = await startDemoServer(options);
	t.after(async () => server.stop());
	return server;
};
