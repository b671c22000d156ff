import type {Flow} from '../flow.js';
import {LoginError} from '../login-error.js';
import {requestPassword} from '../protocol/index.js';

/** The password grant (RFC 6749 §4.3): legacy, and off unless the application names it (RFC 9700 §2.4). */
export const passwordFlow: Flow = async context => {
	if (context.credentials === undefined) {
		throw new LoginError('person_required', 'Nobody is there to give a user name and a password.', {
			hint: 'Give them on the standard input, or use another way to sign in.',
		});
	}

	const credentials = await context.credentials(context.signal);
	context.emit({type: 'exchange', route: 'password'});
	try {
		return await requestPassword(context, credentials);
	} catch (error) {
		if (!(error instanceof LoginError) || error.code !== 'invalid_grant') throw error;
		throw new LoginError('invalid_grant', 'The server does not accept this user name and password.', {
			hint: 'Check both, then try again, or use another way to sign in.',
		});
	}
};
