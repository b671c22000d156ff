import type {Flow} from '../flow.js';
import {LoginError} from '../../core/errors.js';
import type {FlowName, OwnFlow} from '../../core/types.js';

/** The program signs in as itself. */
const ownFlow =
	(flow: OwnFlow): Flow =>
	async context => {
		const {requestOwnTokens} = await import('../../session/own-tokens.js');
		context.emit({type: 'exchange', flow});
		return requestOwnTokens(context, flow);
	};

/** The password grant (RFC 6749 §4.3): legacy, and off unless the application names it (RFC 9700 §2.4). */
const passwordFlow: Flow = async context => {
	if (context.credentials === undefined) {
		throw new LoginError('person_required', 'Nobody is there to give a user name and a password.', {
			hint: 'Give them on stdin, or sign in another way.',
		});
	}

	const {requestPassword} = await import('../../oauth/token-endpoint.js');
	const credentials = await context.credentials(context.signal);
	context.emit({type: 'exchange', flow: 'password'});
	try {
		return await requestPassword(context, credentials);
	} catch (error) {
		if (!(error instanceof LoginError) || error.code !== 'invalid_grant') throw error;
		throw new LoginError('invalid_grant', "The server doesn't accept this user name and password.", {
			hint: 'Check both, then try again, or sign in another way.',
		});
	}
};

/** Each flow by its name; those for a person are loaded when they are opened. */
export const loadFlow: Readonly<Record<FlowName, () => Promise<Flow>>> = {
	browser: async () => (await import('./browser.js')).browserFlow,
	device: async () => (await import('./device.js')).deviceFlow,
	'client-credentials': async () => ownFlow('client-credentials'),
	'workload-identity': async () => ownFlow('workload-identity'),
	password: async () => passwordFlow,
};
