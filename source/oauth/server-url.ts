/** The URLs and hosts that a server names: what they must be before they are requested, shown or opened. */
import {BlockList, isIP} from 'node:net';
import {checkUrl, unusableUrl} from '../core/safe-url.js';

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
	['::', 96],
	['64:ff9b::', 96],
	['64:ff9b:1::', 48],
	['2002::', 16],
	['fc00::', 7],
	['fe80::', 9],
	['ff00::', 8],
] as const) {
	privateAddresses.addSubnet(network, prefix, 'ipv6');
}

/** Names that are not public: without a dot, or by RFC 6761, 6762 and 8375 and ICANN's `internal`. */
const privateName = /^[^.]+$|\.(?:localhost|local|internal|home\.arpa)$/;

const isPrivateHost = (hostname: string): boolean => {
	const address = hostname.replaceAll(/^\[|\]$/g, '');
	const family = isIP(address);
	if (family !== 0) return privateAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
	return privateName.test(hostname.replace(/\.$/, ''));
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
	if (typeof url === 'string') throw unusableUrl(what, url, text, code);
	if (!isPrivateHost(url.hostname) || isPrivateHost(new URL(issuer).hostname)) return url;
	throw unusableUrl(what, 'it leads into a private network', text, code);
};

const isRelated = (host: string, issuerHost: string): boolean =>
	host === issuerHost ||
	host.endsWith(`.${issuerHost}`) ||
	// "com" is above every host.
	(host.includes('.') && issuerHost.endsWith(`.${host}`));

/** Whether a host is neither equal to, above nor below the issuer's, nor known to belong to it. */
export const isForeignHost = (hostname: string, issuer: string, knownHosts: readonly string[] = []): boolean =>
	!isRelated(hostname, new URL(issuer).hostname) && !knownHosts.includes(hostname);
