import type {TestContext} from 'node:test';
import {temporaryFolder} from '../session/store/fixtures.js';
import {createFileStore} from '../../source/session/store/file-store.js';
import {nodeFileSystem, type FileSystem} from '../../source/session/store/file-system.js';
import {nodeProcesses, type Processes} from '../../source/session/store/lock-holder.js';
import type {TokenStore} from '../../source/session/types.js';
import {createManualClock, startScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';

/** One process: an engine with a store of its own in the folder that all share. */
type Process = {
	readonly fileSystem?: FileSystem;
	readonly processes?: Processes;
	/** Once it is dead no request leaves it. */
	readonly isDead?: () => boolean;
	readonly store?: TokenStore;
	readonly options?: Partial<Omit<TokenEngineOptions, 'store'>>;
};

/** A server that counts, a folder, and any number of processes; time passes by hand. */
export const pendingWorld = async (t: Pick<TestContext, 'after'>, script: ServerScript = {}) => {
	const clock = createManualClock();
	const home = temporaryFolder(t);
	const told = {early: 0, grants: 0, atOnce: 0};
	let underWay = 0;
	const server = await startScriptedServer({
		issuer: 'https://auth.example',
		clock,
		responses: {
			async token({parameters}, conforming) {
				underWay += 1;
				told.atOnce = Math.max(told.atOnce, underWay);
				const reply = await conforming();
				underWay -= 1;
				const body = reply.body as {readonly error?: string};
				const isDevice = parameters.get('grant_type')?.endsWith('device_code') === true;
				if (isDevice && body.error === 'slow_down') told.early += 1;
				if (reply.status === 200) told.grants += 1;
				return reply;
			},
		},
		...script,
	});
	t.after(async () => server.close());
	const openProcess = ({
		fileSystem = nodeFileSystem,
		processes = nodeProcesses,
		isDead = () => false,
		store = createFileStore({directory: home, fileSystem, processes, clock}),
		options,
	}: Process = {}) =>
		new TokenEngine({
			provider: server.provider,
			store,
			clock,
			fetch: async (input, init) => {
				if (isDead()) throw new Error('This process is dead.');
				return server.fetch(input, init);
			},
			...options,
		});
	return {clock, home, server, told, openProcess};
};

export type PendingWorld = Awaited<ReturnType<typeof pendingWorld>>;
