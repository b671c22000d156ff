import type {Flow} from '../flow.js';
import type {Route} from '../login-event.js';

/** The flow of each route, loaded when the route is opened. */
export const loadFlow: Readonly<Record<Route, () => Promise<Flow>>> = {
	browser: async () => (await import('./browser.js')).browserFlow,
	device: async () => (await import('./device.js')).deviceFlow,
	'client-credentials': async () => (await import('./client-credentials.js')).clientCredentialsFlow,
	password: async () => (await import('./password.js')).passwordFlow,
};
