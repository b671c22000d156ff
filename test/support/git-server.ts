import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import path from 'node:path';
import {temporaryFolder, type Scope} from './built-command.js';
import {serve} from './loopback.js';

export type GitServer = {
	/** The address of a repository with one commit. */
	readonly url: string;
	/** The passwords or bearer tokens that came, in order; those that were taken end with a space and `ok`. */
	readonly passwords: readonly string[];
};

/** Nothing of anyone who runs the tests. */
export const gitEnvironment = (home: string): Record<string, string> => ({
	PATH: process.env['PATH'] ?? '',
	HOME: home,
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_TERMINAL_PROMPT: '0',
	GIT_AUTHOR_NAME: 'Ada',
	GIT_AUTHOR_EMAIL: 'ada@example.com',
	GIT_COMMITTER_NAME: 'Ada',
	GIT_COMMITTER_EMAIL: 'ada@example.com',
});

const makeRepository = (folder: string) => {
	const git = (...args: string[]) =>
		execFileSync('git', args, {cwd: folder, env: gitEnvironment(folder), stdio: 'pipe'});
	git('init', '--quiet', '--bare', 'repository.git');
	git('clone', '--quiet', 'repository.git', 'work');
	git('-C', 'work', 'commit', '--quiet', '--allow-empty', '--message', 'the first one');
	git('-C', 'work', 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
	git('-C', 'repository.git', 'symbolic-ref', 'HEAD', 'refs/heads/main');
};

/** The CGI of RFC 3875, as far as git-http-backend(1) needs it. */
const runBackend = async (root: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
	const {pathname, search} = new URL(request.url ?? '', 'http://localhost');
	const child = spawn('git', ['http-backend'], {
		env: {
			...gitEnvironment(root),
			GIT_PROJECT_ROOT: root,
			GIT_HTTP_EXPORT_ALL: '1',
			REQUEST_METHOD: request.method,
			PATH_INFO: pathname,
			QUERY_STRING: search.slice(1),
			CONTENT_TYPE: request.headers['content-type'],
			HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
			GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
			REMOTE_USER: 'someone',
		},
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	request.pipe(child.stdin);
	const chunks: Buffer[] = [];
	child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
	await once(child, 'close');
	const output = Buffer.concat(chunks);
	const end = output.indexOf('\r\n\r\n');
	for (const line of output.toString('latin1', 0, end).split('\r\n')) {
		const [name = '', value = ''] = line.split(/: (.*)/s);
		if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
		else response.setHeader(name, value);
	}

	response.end(output.subarray(end + 4));
};

/** How a server wants a token: as a password, or from git 2.46 on as it is. */
export type GitScheme = 'Basic' | 'Bearer';

/** The schemes that the installed git speaks. */
export const gitSchemes = (): readonly GitScheme[] => {
	const version = execFileSync('git', ['--version'], {encoding: 'utf8'});
	const [, major = '', minor = ''] = /(\d+)\.(\d+)/.exec(version) ?? [];
	return Number(major) > 2 || Number(minor) >= 46 ? ['Basic', 'Bearer'] : ['Basic'];
};

const passwordIn = (header: string, scheme: GitScheme): string | undefined => {
	const [, credential] = new RegExp(`^${scheme} (.+)$`).exec(header) ?? [];
	if (credential === undefined || scheme === 'Bearer') return credential;
	return Buffer.from(credential, 'base64').toString().replace(/^.*?:/s, '');
};

/** Serves a repository over http, for reading and writing, to anyone who brings a password that `isGood`. */
export const gitServer = async (
	t: Scope,
	isGood: (password: string) => Promise<boolean>,
	scheme: GitScheme = 'Basic',
): Promise<GitServer> => {
	const root = await temporaryFolder(t);
	makeRepository(root);
	const passwords: string[] = [];
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		const password = passwordIn(request.headers.authorization ?? '', scheme);
		const isLetIn = password !== undefined && (await isGood(password));
		if (password !== undefined) passwords.push(isLetIn ? `${password} ok` : password);
		if (isLetIn) return runBackend(root, request, response);
		response.writeHead(401, {'www-authenticate': `${scheme} realm="repositories"`}).end();
	};

	const origin = await serve(t, (request, response) => void answer(request, response));
	return {url: new URL(path.posix.join('/', 'repository.git'), origin).href, passwords};
};
