import {BlockList, isIP} from 'node:net';
import type {AuthorizationServer} from 'oauth4webapi';
import {LoginError} from '../login-error.js';
import {checkUrl, isLoopbackHost, shownUrl} from '../safe-url.js';

/** Not reachable from the internet: private, shared, link-local (cloud metadata), loopback, multicast, reserved. */
const privateAddresses = new BlockList();
for (const [network, prefix] of [
	['0.0.0.0', 8],
	['10.0.0.0', 8],
	['100.64.0.0', 10],
	['127.0.0.0', 8],
	['169.254.0.0', 16],
	['172.16.0.0', 12],
	['192.0.0.0', 24],
	['192.168.0.0', 16],
	['198.18.0.0', 15],
	['224.0.0.0', 3],
] as const) {
	privateAddresses.addSubnet(network, prefix, 'ipv4');
}

for (const [network, prefix] of [
	['::', 127],
	['64:ff9b::', 96],
	['fc00::', 7],
	['fe80::', 10],
	['ff00::', 8],
] as const) {
	privateAddresses.addSubnet(network, prefix, 'ipv6');
}

const isPrivateHost = (hostname: string): boolean => {
	const address = hostname.replaceAll(/^\[|\]$/g, '');
	const family = isIP(address);
	if (family !== 0) return privateAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
	return isLoopbackHost(hostname) || hostname.endsWith('.localhost');
};

/**
 * An address that a server named, before it is requested, shown or opened: https, or http on loopback; no user
 * information; nothing inside a private network unless the issuer is there itself.
 */
export const checkServerUrl = (
	text: string,
	issuer: string,
	what: string,
	code: 'config_error' | 'bad_response' = 'config_error',
): URL => {
	const url = checkUrl(text);
	const problem =
		typeof url === 'string'
			? url
			: isPrivateHost(url.hostname) && !isPrivateHost(new URL(issuer).hostname)
				? 'it leads into a private network'
				: undefined;
	if (typeof url !== 'string' && problem === undefined) return url;
	throw new LoginError(code, `${what} cannot be used: ${problem ?? ''} (${shownUrl(text)}).`, {
		hint: 'Check the provider URL, or ask your administrator.',
	});
};

/** The endpoints that a client comes into touch with. */
export const endpointNames = [
	'authorization_endpoint',
	'token_endpoint',
	'device_authorization_endpoint',
	'userinfo_endpoint',
	'revocation_endpoint',
	'pushed_authorization_request_endpoint',
	'jwks_uri',
] as const;

const isRelated = (host: string, issuerHost: string): boolean =>
	host === issuerHost ||
	host.endsWith(`.${issuerHost}`) ||
	// "com" is above everybody.
	(host.includes('.') && issuerHost.endsWith(`.${host}`));

/** Whether a host is neither equal to, above nor below the issuer's, nor known to belong to it. */
export const isForeignHost = (hostname: string, issuer: string, knownHosts: readonly string[] = []): boolean =>
	!isRelated(hostname, new URL(issuer).hostname) && !knownHosts.includes(hostname);

/**
 * Checks every endpoint before the first is used.
 *
 * @param chosen - endpoints that were given by hand: the person who gave them may point into a private network
 * @throws LoginError `config_error` that names the endpoint
 */
export const checkMetadata = (server: AuthorizationServer, chosen: Partial<AuthorizationServer>): void => {
	for (const name of endpointNames) {
		const address = server[name];
		if (address === undefined) continue;
		const isChosen = chosen[name] !== undefined;
		const url = checkServerUrl(address, isChosen ? address : server.issuer, `The ${name}`);
		if (url.hash !== '') {
			throw new LoginError('config_error', `The ${name} cannot be used: it has a fragment (RFC 6749 §3.1).`, {
				hint: 'Check the endpoints of the provider.',
			});
		}
	}
};
