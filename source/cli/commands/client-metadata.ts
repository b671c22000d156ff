import {readPublicKeys} from '../../oauth/client-key.js';
import {clientMetadata, clientPorts} from '../../oauth/client-metadata.js';
import type {Command} from '../context.js';
import {exitCodes} from '../errors.js';
import {readPorts} from '../provider-options.js';

/** `ink-login client-metadata`: the document that a server reads, or that someone types in (RFC 7591 §2). */
export const runClientMetadata: Command = async ({values}, {stdout}) => {
	const {application, port, 'redirect-uri': uri, 'client-metadata-url': url, 'client-key-file': keyFile} = values;
	const ports = port === undefined ? clientPorts : readPorts(port);
	// Some servers take any port for a URI without one, others refuse what is not in the list to the letter.
	const redirectUris =
		uri === undefined ? ['', ...ports.map(number => `:${number}`)].map(at => `http://127.0.0.1${at}/callback`) : [uri];
	const jwks = keyFile === undefined ? undefined : await readPublicKeys(keyFile);
	stdout.write(`${JSON.stringify(clientMetadata({application, redirectUris, url, jwks}), undefined, 2)}\n`);
	return exitCodes.done;
};
