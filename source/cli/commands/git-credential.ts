import {checkUrl} from '../../core/safe-url.js';
import type {ProviderSettings} from '../../oauth/provider.js';
import {exitCodes} from '../errors.js';
import type {SessionUse} from '../session.js';
import type {Input} from '../write-now.js';

/** All that comes before an empty line or the end: who asks may leave its end open. */
export const readRequest = async (stdin: Input): Promise<string> => {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of stdin) {
		text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, {stream: true});
		if (/(?:^|\n)\r?\n/.test(text)) break;
	}

	return text;
};

/** What git asks about: lines of `name=value`, ended by an empty one (git-credential(1), "Input/Output format"). */
type GitCredential = Readonly<Record<string, string>>;

/**
 * Reads git's lines: of a name that comes twice the last counts, but for those of lists (`name[]`), whose values come one
 * to a line.
 */
export const parseGitCredential = (input: string): GitCredential => {
	const attributes: Record<string, string> = {};
	for (const line of input.split(/\r?\n/)) {
		if (line === '') break;
		const [, name, value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
		if (name === undefined) continue;
		const before = attributes[name];
		attributes[name] = before !== undefined && name.endsWith('[]') ? `${before}\n${value}` : value;
	}

	return attributes;
};

/** Lines for git. A value with a line end in it would be another attribute. */
export const formatGitCredential = (attributes: GitCredential): string =>
	Object.entries(attributes)
		.filter(([, value]) => !/[\r\n\0]/.test(value))
		.map(([name, value]) => `${name}=${value}\n`)
		.join('');

/** Where a login's token may go: to its issuer, and to what it named as the service that the token is for. */
export const serversOf = ({
	issuer,
	resource = [],
	audience = '',
}: Pick<ProviderSettings, 'issuer' | 'resource' | 'audience'>): readonly URL[] =>
	[issuer, ...resource, audience].flatMap(text => (URL.canParse(text) ? [new URL(text)] : []));

/**
 * Whether git may have the profile's token for a server. git asks every helper about every host that a clone, a
 * submodule or a redirect leads to, so a token goes only where its login pointed: to the issuer's host, or to one that
 * `--resource` or `--audience` named as the service that the token is for (RFC 8707 §2). Scheme, host and port must be
 * the same; only http on loopback without a port stands for every port, since servers under development change theirs.
 */
export const belongsToProfile = (
	{protocol = '', host = ''}: GitCredential,
	provider: Pick<ProviderSettings, 'issuer' | 'resource' | 'audience'>,
): boolean => {
	const asked = checkUrl(`${protocol}://${host}/`);
	// Of `known.example#.evil.example` a URL takes the first half for the host, and git means the whole.
	const name = host.toLowerCase().replace(protocol === 'https' ? /:443$/ : /:80$/, '');
	if (typeof asked === 'string' || asked.host !== name || asked.protocol !== `${protocol}:`) return false;
	return serversOf(provider).some(
		known =>
			known.protocol === asked.protocol &&
			known.hostname === asked.hostname &&
			(known.port === asked.port || (known.protocol === 'http:' && known.port === '')),
	);
};

/** Gives git a fresh token, or nothing if it asks about another host, so that it asks the next helper. */
export const respondToGit: SessionUse = async ({action}, {stdin, stdout}, {stored, tokens}) => {
	const asked = parseGitCredential(await readRequest(stdin));
	if (!belongsToProfile(asked, stored.provider)) return exitCodes.done;
	if (action === 'erase') {
		// git forgets what a server refused. The session is not lost by that: its token is renewed if it was this one.
		const {accessToken} = stored.tokens;
		const refused = asked['credential'] ?? asked['password'];
		if (refused === accessToken && stored.dead !== true) await tokens({rejected: accessToken});
		return exitCodes.done;
	}

	const {accessToken, expiresAt} = await tokens();
	stdout.write(
		formatGitCredential({
			...credential(asked, accessToken),
			...(expiresAt !== undefined && {password_expiry_utc: String(Math.floor(expiresAt / 1000))}),
		}),
	);
	return exitCodes.done;
};

/** Servers that take a token over basic authentication ask for this name (GitLab) or for none in particular. */
export const tokenUser = 'oauth2';

/**
 * The token as the server takes it. From git 2.46 on that may be as a bearer token, and no other helper is to save one
 * that lasts for an hour; an older git, and a server that offers no Bearer, get it for a password.
 */
const credential = (asked: GitCredential, token: string): GitCredential => {
	const basic = {username: asked['username'] ?? tokenUser, password: token};
	if (!/^authtype$/m.test(asked['capability[]'] ?? '')) return basic;
	const takesBearer = /^bearer\b/im.test(asked['wwwauth[]'] ?? '');
	const how = takesBearer ? {authtype: 'Bearer', credential: token} : basic;
	return {'capability[]': 'authtype', ...how, ephemeral: '1'};
};
