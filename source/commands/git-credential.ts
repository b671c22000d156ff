import {checkUrl} from '../engine/safe-url.js';
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

/**
 * Whether git may have the profile's token for a server. git asks every helper about every host that a clone, a
 * submodule or a redirect leads to, so a token goes only where its login pointed: to the issuer's host, or to one that
 * `--resource` or `--audience` named as the service that the token is for (RFC 8707 §2). Scheme, host and port must be
 * the same; only http on loopback without a port stands for every port, since servers under development change theirs.
 */
export const belongsToProfile = (
	{protocol = '', host = ''}: GitCredential,
	{issuer, resource = [], audience = ''}: Pick<ProviderSettings, 'issuer' | 'resource' | 'audience'>,
): boolean => {
	const asked = checkUrl(`${protocol}://${host}/`);
	// Of `known.example#.evil.example` a URL takes the first half for the host, and git means the whole.
	const name = host.toLowerCase().replace(protocol === 'https' ? /:443$/ : /:80$/, '');
	if (typeof asked === 'string' || asked.host !== name || asked.protocol !== `${protocol}:`) return false;
	return [issuer, ...resource, audience]
		.flatMap(text => (URL.canParse(text) ? [new URL(text)] : []))
		.some(
			known =>
				known.protocol === asked.protocol &&
				known.hostname === asked.hostname &&
				(known.port === asked.port || (known.protocol === 'http:' && known.port === '')),
		);
};
