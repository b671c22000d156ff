import assert from 'node:assert/strict';
import {execFile, execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type RequestListener} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {temporaryFolder} from '../support/built-command.js';
import {createPrivateCa} from '../support/certificates.js';
import {requireProgram} from '../support/requirements.js';
import {scriptedSession} from '../support/scripted-session.js';
import {command} from '../support/session-command.js';
import {listen} from '../support/loopback.js';

type Responses = Readonly<Record<string, string | Buffer>>;

/** Bearer, or the password of a user, as registries take a token too. */
const tokenOf = ({headers: {authorization = ''}}: IncomingMessage): string => {
	const [, scheme = '', credential = ''] = /^(\w+) (.+)$/.exec(authorization) ?? [];
	if (scheme.toLowerCase() === 'bearer') return credential;
	return Buffer.from(credential, 'base64')
		.toString()
		.replace(/^oauth2:/, '');
};

type ConsumerOptions = {
	/** The token that the server takes. @default 'accessToken' */
	readonly takes?: 'accessToken' | 'idToken';
	/** A key and a certificate make it speak https. */
	readonly tls?: {readonly key: string; readonly cert: string};
};

/** A session, a server that gives out `responses` by path to nobody without its token, and a shell that has ink-login. */
const consumer = async (t: TestContext, responses: Responses, {takes = 'accessToken', tls}: ConsumerOptions = {}) => {
	const signedIn = await scriptedSession(t);
	const {home, session} = signedIn;
	const statuses: number[] = [];
	const listener: RequestListener = (request, response) => {
		const body = responses[(request.url ?? '').replace(/\?.*/, '')];
		const isGood = tokenOf(request) === session().tokens[takes];
		const status = !isGood ? 401 : body === undefined ? 404 : 200;
		statuses.push(status);
		const type = (request.url ?? '').startsWith('/simple') ? 'text/html' : 'application/json';
		response.writeHead(status, {'content-type': type, 'www-authenticate': 'Basic realm="packages"'});
		response.end(status === 200 ? body : '{}');
	};
	const port = await listen(t, tls === undefined ? createServer(listener) : createHttpsServer(tls, listener));
	const folder = await temporaryFolder(t);
	const programs = path.join(folder, 'programs');
	mkdirSync(programs);
	const script = `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`;
	writeFileSync(path.join(programs, 'ink-login'), script, {mode: 0o755});
	const shell = async (line: string) =>
		new Promise<{exit: number; stdout: string; stderr: string}>(resolve => {
			const env = {
				PATH: `${programs}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
				HOME: folder,
				INK_LOGIN_HOME: home,
			};
			execFile('/bin/sh', ['-c', line], {cwd: folder, env}, (error, stdout, stderr) => {
				resolve({exit: typeof error?.code === 'number' ? error.code : 0, stdout, stderr});
			});
		});
	return {...signedIn, port, host: `127.0.0.1:${port}`, folder, shell, statuses};
};

test('curl is let in with the header, and a caller that was told 401 by --refresh', async t => {
	if (requireProgram(t, 'curl') === undefined) return;
	const {host, shell, session, change, refreshes} = await consumer(t, {'/me': '{"me":1}'});
	const line = (more = '') => `curl -fsS -H "$(ink-login token ${more}--format header)" http://${host}/me`;
	assert.deepEqual(await shell(line()), {exit: 0, stdout: '{"me":1}', stderr: ''});

	// Renewed for the first who was told 401, and not again for those who hear of it at the same time.
	change(({tokens, ...rest}) => ({...rest, tokens: {...tokens, issuedAt: tokens.issuedAt - 60_000}}));
	const before = session().tokens.accessToken;
	const all = await Promise.all(['1', '2', '3'].map(async () => shell('ink-login token --refresh')));
	assert.deepEqual(new Set(all.map(({stdout}) => stdout)), new Set([`${session().tokens.accessToken}\n`]));
	assert.notEqual(session().tokens.accessToken, before);
	assert.equal(refreshes(), 1);
	assert.equal((await shell(line('--refresh '))).exit, 0);
	assert.equal(refreshes(), 1);
});

test('npm is let in by the variable that its .npmrc names', async t => {
	if (requireProgram(t, 'npm') === undefined) return;
	const {host, shell, folder, statuses} = await consumer(t, {'/-/whoami': '{"username":"ada"}'});
	writeFileSync(path.join(folder, '.npmrc'), `registry=http://${host}/\n//${host}/:_authToken=\${NPM_TOKEN}\n`);
	const {exit, stdout, stderr} = await shell('ink-login exec --env NPM_TOKEN -- npm whoami --no-update-notifier');
	assert.deepEqual([exit, stdout], [0, 'ada\n'], stderr);
	assert.deepEqual(new Set(statuses), new Set([200]));
});

test('pip is let in by the variable that its requirements name', async t => {
	if (requireProgram(t, 'pip3') === undefined) return;
	const folder = await temporaryFolder(t);
	const info = path.join(folder, 'acme-1.0.dist-info');
	mkdirSync(info);
	writeFileSync(path.join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n');
	writeFileSync(path.join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
	writeFileSync(path.join(info, 'RECORD'), '');
	const name = 'acme-1.0-py3-none-any.whl';
	execFileSync('python3', ['-m', 'zipfile', '-c', name, 'acme-1.0.dist-info/'], {cwd: folder});
	const wheel = readFileSync(path.join(folder, name));
	const index = `<!doctype html><a href="/simple/acme/${name}">${name}</a>`;
	const made = await consumer(t, {'/simple/acme/': index, [`/simple/acme/${name}`]: wheel});
	const requirements = `--index-url http://oauth2:\${INK_LOGIN_TOKEN}@${made.host}/simple\nacme\n`;
	writeFileSync(path.join(made.folder, 'requirements.txt'), requirements);
	const pip = 'pip3 download --no-deps --no-cache-dir --disable-pip-version-check -r requirements.txt';
	const {exit, stderr} = await made.shell(`ink-login exec -- ${pip}`);
	assert.equal(exit, 0, stderr);
	assert.ok(readFileSync(path.join(made.folder, name)).equals(wheel));
	assert.notEqual((await made.shell(`INK_LOGIN_TOKEN=wrong ${pip} </dev/null`)).exit, 0);
});

test("skopeo, which speaks docker's protocol, gets the token from the helper in docker's config.json, but only for a registry the login named", async t => {
	if (requireProgram(t, 'skopeo') === undefined) return;
	const manifest = JSON.stringify({schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json'});
	const {host, shell, folder, statuses, change} = await consumer(t, {'/v2/': '{}', '/v2/acme/manifests/1': manifest});
	const shim = '#!/bin/sh\nexec ink-login helper docker "$1"\n';
	writeFileSync(path.join(folder, 'programs/docker-credential-ink-login'), shim, {mode: 0o755});
	mkdirSync(path.join(folder, '.docker'));
	writeFileSync(path.join(folder, '.docker/config.json'), JSON.stringify({credHelpers: {[host]: 'ink-login'}}));
	const inspect = `skopeo --insecure-policy inspect --raw --tls-verify=false docker://${host}/acme:1`;
	assert.notEqual((await shell(inspect)).exit, 0);
	assert.ok(!statuses.includes(200), 'a registry that the login did not name gets no token');
	change(({provider, ...rest}) => ({...rest, provider: {...provider, resource: [`http://${host}`]}}));
	assert.deepEqual(await shell(inspect), {exit: 0, stdout: manifest, stderr: ''});
});

/** What kubectl asks of a cluster before it lists pods. */
const cluster: Responses = {
	'/api': JSON.stringify({kind: 'APIVersions', versions: ['v1']}),
	'/apis': JSON.stringify({kind: 'APIGroupList', apiVersion: 'v1', groups: []}),
	'/api/v1': JSON.stringify({
		kind: 'APIResourceList',
		groupVersion: 'v1',
		resources: [{name: 'pods', singularName: 'pod', kind: 'Pod', namespaced: true, verbs: ['get', 'list']}],
	}),
	'/api/v1/namespaces/default/pods': JSON.stringify({
		kind: 'PodList',
		apiVersion: 'v1',
		items: [{kind: 'Pod', apiVersion: 'v1', metadata: {name: 'acme', namespace: 'default'}}],
	}),
	'/version': JSON.stringify({major: '1', minor: '32', gitVersion: 'v1.32.0'}),
};

test('kubectl is let in by the token that its kubeconfig has ink-login print, and by a renewed one at its end', async t => {
	if (requireProgram(t, 'kubectl') === undefined) return;
	await using ca = await createPrivateCa();
	const tls = await ca.issue('localhost');
	const {shell, folder, port, session, change, refreshes, statuses} = await consumer(t, cluster, {
		takes: 'idToken',
		tls,
	});
	const exec = {command: 'ink-login', args: ['token', '--format', 'kubernetes'], interactiveMode: 'Never'};
	const kubeconfig = (apiVersion: string, server: object) => ({
		apiVersion: 'v1',
		kind: 'Config',
		'current-context': 'here',
		clusters: [{name: 'acme', cluster: server}],
		users: [{name: 'me', user: {exec: {apiVersion, ...exec}}}],
		contexts: [{name: 'here', context: {cluster: 'acme', user: 'me'}}],
	});
	const url = `https://localhost:${port}`;
	const list = async (version: string) => {
		const config = kubeconfig(`client.authentication.k8s.io/${version}`, {
			server: url,
			'certificate-authority': ca.caFile,
		});
		writeFileSync(path.join(folder, 'kubeconfig'), JSON.stringify(config));
		return shell('kubectl --kubeconfig kubeconfig get pods --output name');
	};

	const {stdout: client} = await shell('kubectl version --client --output json');
	const {minor} = (JSON.parse(client) as {clientVersion: {minor: string}}).clientVersion;
	// Before 1.22 it speaks the older version alone.
	for (const version of Number.parseInt(minor, 10) < 22 ? ['v1beta1'] : ['v1beta1', 'v1']) {
		assert.deepEqual(await list(version), {exit: 0, stdout: 'pod/acme\n', stderr: ''});
		const {accessToken, idToken, claims} = session().tokens;
		change(({tokens, ...rest}) => {
			const past = Math.floor(Date.now() / 1000) - 1;
			return {...rest, tokens: {...tokens, ...(claims && {claims: {...claims, exp: past}})}};
		});
		assert.deepEqual(await list(version), {exit: 0, stdout: 'pod/acme\n', stderr: ''});
		assert.notEqual(session().tokens.idToken, idToken);
		assert.notEqual(session().tokens.accessToken, accessToken);
	}

	assert.ok(refreshes() > 0);
	assert.deepEqual(new Set(statuses), new Set([200]));
	const wrong = await shell(`kubectl --kubeconfig kubeconfig --token wrong --server ${url} get pods`);
	assert.notEqual(wrong.exit, 0);
	assert.ok(statuses.includes(401));
});

test('a command that outlives its token reads a fresh one from the file', async t => {
	const {shell, expire, session, home} = await consumer(t, {});
	const script = `
		const fs = require('node:fs');
		const file = process.env.TOKEN_FILE;
		const first = fs.readFileSync(file, 'utf8');
		fs.writeFileSync(process.env.INK_LOGIN_HOME + '/ready', first);
		const look = () => {
			const now = fs.readFileSync(file, 'utf8');
			if (now === first) setTimeout(look, 50);
			else process.stdout.write(now);
		};
		look();`;
	writeFileSync(path.join(home, 'child.cjs'), script);
	const running = shell(`ink-login exec --file TOKEN_FILE -- node '${path.join(home, 'child.cjs')}'`);
	const first = session().tokens.accessToken;
	const isReady = () => {
		try {
			return readFileSync(path.join(home, 'ready'), 'utf8') === first;
		} catch {
			return false;
		}
	};
	while (!isReady()) await new Promise(resolve => setImmediate(resolve));
	expire();
	const {exit, stdout, stderr} = await running;
	assert.deepEqual([exit, stderr], [0, '']);
	assert.notEqual(stdout, first);
	assert.equal(stdout, session().tokens.accessToken);
});
