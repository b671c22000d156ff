import {once} from 'node:events';
import {approveDevice, approvePage} from '../../demo/approve.js';
import {demoPassword, demoUser, startDemo} from '../../demo/server.js';
import type {LoginState} from '../../login/state.js';
import {presets} from '../../oauth/presets/index.js';
import {jsonLine} from '../../text/ndjson.js';
import type {Provider} from '../../oauth/provider.js';
import type {Command} from '../context.js';
import {exitCodes} from '../errors.js';
import {commandText} from '../command-text.js';
import {signIn} from './login.js';
import {readPorts} from '../provider-options.js';

const approve = async (issuer: string, {flows}: LoginState, signal: AbortSignal): Promise<void> => {
	const {userCode} = flows.device?.code ?? {};
	if (flows.device?.phase.status === 'waiting' && userCode !== undefined) {
		await approveDevice(issuer, userCode, signal);
		return;
	}

	const {url} = flows.browser?.address ?? {};
	if (flows.browser?.phase.status === 'waiting' && url !== undefined) await approvePage(url, signal);
};

/** What a client needs to know. */
const serverText = ({issuer, clientId}: Provider): string => `The demo server is running. Press Ctrl-C to stop it.

  issuer     ${issuer}
  client ID  ${clientId} (no secret)
  user       ${demoUser.name}; user name ${demoPassword.username}, password ${demoPassword.password}

Try it:
  ${commandText('login', 'demo', '--issuer', issuer, '--client-id', clientId)}
`;

/** `ink-login demo`: the login against the test kit's server, in this process; or that server alone. */
export const runDemo: Command = async (line, context) => {
	const {values} = line;
	const {stdout, signals} = context;
	const {application = 'the demo'} = values;
	const asMachine = values.flow === 'client-credentials';
	const port = values.serve && values.port !== undefined ? readPorts(values.port)[0] : undefined;
	const server = await startDemo({application, asMachine, port});
	try {
		const {issuer, provider} = server;
		const {clientId, clientSecret} = provider;
		if (values.json) stdout.write(jsonLine({type: 'demo-server', issuer, clientId}));
		if (values.serve) {
			if (!values.json) stdout.write(serverText(provider));
			if (!signals.signal.aborted) await once(signals.signal, 'abort');
			return exitCodes.done;
		}

		// Named, so that the first screen can say at once what the app will see.
		const scope = asMachine ? undefined : 'openid profile email offline_access';
		const demoLine = {
			...line,
			profile: 'demo',
			values: {...values, application, store: values.store ?? 'memory'},
		} as const;
		const {exitCode} = await signIn(demoLine, context, {
			provider: presets.oidc({issuer, clientId, clientSecret, scope}),
			demo: {
				approve: async (state, signal) => approve(issuer, state, signal),
				needsApproval: !asMachine && values.flow !== 'password',
			},
		});
		return exitCode;
	} finally {
		await server.close();
	}
};
