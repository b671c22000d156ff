import type {Flow} from '../flow.js';
import type {FlowName} from '../../core/types.js';

/** Client credentials, for machines (RFC 6749 §4.4). */
const clientCredentialsFlow: Flow = async context => {
	const {requestClientCredentials} = await import('../../oauth/token-endpoint.js');
	context.emit({type: 'exchange', flow: 'client-credentials'});
	return requestClientCredentials(context);
};

/** Each flow by its name; those for a person are loaded when they are opened. */
export const loadFlow: Readonly<Record<FlowName, () => Promise<Flow>>> = {
	browser: async () => (await import('./browser.js')).browserFlow,
	device: async () => (await import('./device.js')).deviceFlow,
	'client-credentials': async () => clientCredentialsFlow,
	password: async () => (await import('./credentials.js')).passwordFlow,
	'one-time-code': async () => (await import('./credentials.js')).oneTimeCodeFlow,
};
