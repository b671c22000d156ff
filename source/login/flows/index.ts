import type {Flow} from '../flow.js';
import type {FlowName, OwnFlow} from '../../core/types.js';

/** The program signs in as itself. */
const ownFlow =
	(flow: OwnFlow): Flow =>
	async context => {
		const {requestOwnTokens} = await import('../../session/own-tokens.js');
		context.emit({type: 'exchange', flow});
		return requestOwnTokens(context, flow);
	};

/** Each flow by its name; those for a person are loaded when they are opened. */
export const loadFlow: Readonly<Record<FlowName, () => Promise<Flow>>> = {
	browser: async () => (await import('./browser.js')).browserFlow,
	device: async () => (await import('./device.js')).deviceFlow,
	'client-credentials': async () => ownFlow('client-credentials'),
	'workload-identity': async () => ownFlow('workload-identity'),
	password: async () => (await import('./credentials.js')).passwordFlow,
	'one-time-code': async () => (await import('./credentials.js')).oneTimeCodeFlow,
};
