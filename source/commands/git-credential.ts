import {isLoopbackHost} from '../engine/safe-url.js';
import type {ProviderSettings} from '../engine/provider.js';

/** What git asks about: lines of `name=value`, ended by an empty one (git-credential(1), "Input/Output format"). */
export type GitCredential = Readonly<Record<string, string>>;

/** Reads git's lines; of a name that comes twice the last counts, and lists (`name[]`) are not needed here. */
export const parseGitCredential = (input: string): GitCredential => {
	const attributes: Record<string, string> = {};
	for (const line of input.split(/\r?\n/)) {
		if (line === '') break;
		const [, name, value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
		if (name !== undefined && !name.endsWith('[]')) attributes[name] = value;
	}

	return attributes;
};

/** Lines for git. A value with a line end in it would be another attribute. */
export const formatGitCredential = (attributes: GitCredential): string =>
	Object.entries(attributes)
		.filter(([, value]) => !/[\r\n\0]/.test(value))
		.map(([name, value]) => `${name}=${value}\n`)
		.join('');

const parsed = (text: string | undefined): URL[] => (text !== undefined && URL.canParse(text) ? [new URL(text)] : []);

/**
 * Whether git may have the profile's token for a server. git asks every helper about every host that a clone, a
 * submodule or a redirect leads to, so a token goes only where its login pointed: to the issuer's host, or to one that
 * `--resource` or `--audience` named as the service that the token is for (RFC 8707 §2). Over https host and port must
 * be the same; over http only loopback counts, on any port, since servers under development change theirs.
 */
export const belongsToProfile = (
	{protocol, host}: GitCredential,
	{issuer, resource = [], audience}: Pick<ProviderSettings, 'issuer' | 'resource' | 'audience'>,
): boolean => {
	const [asked] = parsed(protocol !== undefined && host !== undefined && host !== '' ? `${protocol}://${host}/` : '');
	if (asked?.username !== '' || asked.password !== '' || asked.pathname !== '/') return false;
	const known = [issuer, ...resource, audience].flatMap(parsed);
	if (asked.protocol === 'https:') return known.some(url => url.protocol === 'https:' && url.host === asked.host);
	return (
		asked.protocol === 'http:' && isLoopbackHost(asked.hostname) && known.some(url => url.hostname === asked.hostname)
	);
};
