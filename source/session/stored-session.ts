import {exportKeys} from '../oauth/id-token.js';
import type {IssuedTokens, StoredSession} from './types.js';

/** What is saved of tokens, and of where they came from. */
export const toStoredSession = (
	{provider: resolved, tokens, flow}: IssuedTokens,
	signedInAt: number,
	remembered: Pick<StoredSession, 'clientSecretSource' | 'caFile'>,
): StoredSession => {
	const {
		clientSecret: _,
		clientKey: __,
		server,
		flows: ___,
		resourceName: ____,
		requestedScope,
		registration,
		...provider
	} = resolved;
	const keys = exportKeys(server);
	const client = registration === undefined ? {} : {registration};
	return {version: 1, tokens, flow, signedInAt, requestedScope, provider, server, keys, ...client, ...remembered};
};
