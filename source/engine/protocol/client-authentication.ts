import {ClientSecretBasic, ClientSecretPost, None, type ClientAuth} from 'oauth4webapi';
import {LoginError} from '../login-error.js';
import type {ClientAuthentication, Provider} from '../provider.js';

const configError = (message: string, hint: string) => new LoginError('config_error', message, {hint});

const readSecret = async ({clientSecret}: Provider): Promise<string> => {
	let secret: string | undefined;
	try {
		secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret;
	} catch (error) {
		if (error instanceof LoginError) throw error;
		throw configError('The client secret could not be read.', 'Check where it is kept: the file or the variable.');
	}

	if (secret !== undefined && secret !== '') return secret;
	throw configError('The client authentication needs a client secret, and there is none.', 'Name the client secret.');
};

/** `post` unless the server offers only Basic: many servers forget to undo the encoding of RFC 6749 §2.3.1 in Basic. */
const chooseMethod = (
	{clientAuthentication, clientSecret}: Provider,
	offered?: readonly string[],
): ClientAuthentication => {
	if (clientAuthentication !== undefined) return clientAuthentication;
	if (clientSecret === undefined) return 'none';
	return offered?.includes('client_secret_basic') === true && !offered.includes('client_secret_post')
		? 'basic'
		: 'post';
};

/**
 * Finds out that the secret cannot be had while nobody has done anything for it yet.
 *
 * @throws LoginError `config_error`, or what the application's own way to the secret throws
 */
export const checkClientSecret = async (provider: Provider, offered?: readonly string[]): Promise<void> => {
	if (chooseMethod(provider, offered) !== 'none') await readSecret(provider);
};

/** HTTP Basic without the form encoding that RFC 6749 §2.3.1 asks for. */
const rawBasic = (clientId: string, secret: string): string => {
	const bytes = new TextEncoder().encode(`${clientId}:${secret}`);
	return `Basic ${btoa(String.fromCharCode(...bytes))}`;
};

/**
 * How the client proves who it is; the same at every endpoint (RFC 6749 §2.3, RFC 8628 §3.1). The secret is asked for
 * with each request, so that it lives no longer than that.
 */
export const clientAuthentication = (provider: Provider, offered?: readonly string[]): ClientAuth => {
	const method = chooseMethod(provider, offered);
	return async (server, client, body, headers) => {
		switch (method) {
			case 'none':
				return None()(server, client, body, headers);
			case 'post':
				return ClientSecretPost(await readSecret(provider))(server, client, body, headers);
			case 'basic':
				return ClientSecretBasic(await readSecret(provider))(server, client, body, headers);
			case 'basic-raw':
				headers.set('authorization', rawBasic(client.client_id, await readSecret(provider)));
		}
	};
};
