import {presets} from '../../oauth/presets.js';
import type {Provider} from '../../oauth/provider.js';
import type {LoginState} from '../../login/state.js';
import {approveAuthorization, approveDevice} from '../../demo/approve.js';
import {startDemoServer, type DemoServer} from '../../demo/start-demo-server.js';
import {jsonLine, type EventLine} from '../../text/ndjson.js';
import type {Command} from '../context.js';
import {signIn, tellEarly} from './login.js';

const providerOf = ({issuer, clientId, machineClient}: DemoServer, asMachine: boolean): Provider =>
	presets.oidc(asMachine ? {issuer, ...machineClient} : {issuer, clientId});

/** Approves by the requests that a browser would make. */
const approve = async (issuer: string, {flows}: LoginState, signal: AbortSignal): Promise<void> => {
	const {userCode} = flows.device?.code ?? {};
	if (flows.device?.phase.status === 'waiting' && userCode !== undefined) {
		await approveDevice({issuer, userCode, signal});
		return;
	}

	const {url} = flows.browser?.address ?? {};
	if (flows.browser?.phase.status === 'waiting' && url !== undefined) await approveAuthorization({url, signal});
};

/** `ink-login demo`: the login against a server that comes along and ends with it. */
export const run: Command = async (line, context) => {
	const {values} = line;
	const {stdout, signals} = context;
	let server;
	try {
		server = await startDemoServer({signal: signals.signal});
	} catch (error) {
		return tellEarly(error, line, context);
	}

	try {
		const {issuer, clientId} = server;
		if (values.json) stdout.write(jsonLine({type: 'demo-server', issuer, clientId} satisfies EventLine));
		const provider = providerOf(server, values.flow === 'client-credentials');
		const demoLine = {
			...line,
			profile: 'demo',
			values: {...values, application: values.application ?? 'the demo', store: values.store ?? 'memory'},
		} as const;
		const {exitCode} = await signIn(demoLine, context, {
			provider,
			demo: {approve: async (state, signal) => approve(issuer, state, signal)},
		});
		return exitCode;
	} finally {
		await server.stop();
	}
};
