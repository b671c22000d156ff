import type {Flow} from '../flow.js';
import {requestClientCredentials} from '../protocol/index.js';

/** Client credentials, for machines (RFC 6749 §4.4). */
export const clientCredentialsFlow: Flow = async context => {
	context.emit({type: 'exchange', route: 'client-credentials'});
	return requestClientCredentials(context);
};
