import assert from 'node:assert/strict';
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:http';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {temporaryFolder, type Scope} from './built-command.js';
import {listen} from './loopback.js';

type Grant = {next?: Grant; isUsed: boolean; readonly expiresAt: number};

/**
 * A resource and its authorization server, where apps register themselves and refresh tokens rotate. A second use of one
 * ends the grant, unless nobody has seen what the first brought: then its response went to a process that was killed.
 */
const startRotating = async (t: Scope, lifetime: number, onRefresh: () => void) => {
	const told = {refreshes: 0, repeats: 0, reuses: 0};
	const grants: Grant[] = [];
	const server = createServer((request, response) => {
		void (async () => {
			const {pathname, searchParams} = new URL(request.url ?? '', url);
			let body = '';
			for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
			const reply = (document: object, status = 200) =>
				response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(document));
			const issue = (before?: Grant) => {
				const grant: Grant = {isUsed: false, expiresAt: Date.now() + lifetime * 1000};
				if (before !== undefined) before.next = grant;
				const id = grants.push(grant) - 1;
				const tokens = {access_token: `a${id}`, refresh_token: `r${id}`};
				reply({...tokens, token_type: 'Bearer', expires_in: lifetime});
			};
			if (pathname === '/.well-known/oauth-protected-resource/mcp') {
				reply({resource: url, authorization_servers: [issuer]});
			} else if (pathname === '/.well-known/oauth-authorization-server') {
				const endpoints = {authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`};
				const registration = {registration_endpoint: `${issuer}/register`};
				reply({issuer, ...endpoints, ...registration, code_challenge_methods_supported: ['S256']});
			} else if (pathname === '/register') reply({client_id: 'client'}, 201);
			else if (pathname === '/authorize') {
				const back = new URL(searchParams.get('redirect_uri') ?? '');
				back.search = new URLSearchParams({code: 'code', state: searchParams.get('state') ?? ''}).toString();
				response.writeHead(302, {location: back.href}).end();
			} else if (pathname === '/token') {
				const form = new URLSearchParams(body);
				if (form.get('grant_type') !== 'refresh_token') {
					issue();
					return;
				}

				const before = grants[Number(form.get('refresh_token')?.slice(1))];
				// What asks whether the client is known.
				if (before === undefined || before.next?.isUsed === true) {
					if (before !== undefined) told.reuses += 1;
					reply({error: 'invalid_grant'}, 400);
					return;
				}

				before.isUsed = true;
				told.refreshes += 1;
				if (before.next !== undefined) told.repeats += 1;
				issue(before);
				onRefresh();
			} else {
				const grant = grants[Number(request.headers.authorization?.replace('Bearer a', ''))];
				if (grant !== undefined) grant.isUsed = true;
				if (grant !== undefined && grant.expiresAt > Date.now()) reply({});
				else response.writeHead(401, {'www-authenticate': 'Bearer'}).end();
			}
		})();
	});
	const issuer = `http://127.0.0.1:${await listen(t, server)}`;
	const url = `${issuer}/mcp`;
	return {url, told};
};

const program = path.join(import.meta.dirname, 'programs/resource-calls.ts');

type Servers = {
	readonly servers: number;
	readonly processes: number;
	/** Seconds that a token lives. */
	readonly lifetime: number;
	/** Milliseconds between the calls of a process to one server. */
	readonly pause: number;
	/** How often each server's token is refreshed before the end. */
	readonly expiries: number;
};

/**
 * Processes that all call the same servers while tokens expire and processes are killed: with each refresh of the first
 * server one of them, whose place another takes. Nobody has signed in before.
 */
export const callManyServers = async (t: Scope, {servers, processes, lifetime, pause, expiries}: Servers) => {
	const directory = await temporaryFolder(t);
	let kills = 0;
	let windows = 0;
	let calls = 0;
	const failures: string[] = [];
	const running: ChildProcess[] = [];
	let onEnough!: () => void;
	const enough = new Promise<void>(resolve => (onEnough = resolve));
	let isOver = false;
	const start = () => {
		const args = ['--import', 'tsx', program, directory, String(pause), ...resources.map(({url}) => url)];
		const env = {...process.env, INK_LOGIN_AGENT: '1'};
		const child = spawn(process.execPath, args, {env, stdio: ['pipe', 'pipe', 'inherit']});
		createInterface(child.stdout).on('line', line => {
			if (line === 'done') calls += 1;
			else if (line === 'window') windows += 1;
			else failures.push(line);
		});
		running.push(child);
	};
	const onRefresh = (index: number) => {
		if (isOver) return;
		if (resources.every(({told}) => told.refreshes >= expiries)) onEnough();
		else if (index === 0) {
			const [killed] = running.splice(Math.floor(Math.random() * running.length), 1);
			killed?.kill('SIGKILL');
			kills += 1;
			start();
		}
	};
	const resources = await Promise.all(
		Array.from({length: servers}, async (_, index) => startRotating(t, lifetime, () => onRefresh(index))),
	);
	t.after(() => running.forEach(child => child.kill('SIGKILL')));
	const began = Date.now();
	for (let count = 0; count < processes; count++) start();
	await enough;
	isOver = true;
	const ended = running.map(async child => once(child, 'close'));
	for (const {stdin} of running) stdin?.end();
	await Promise.all(ended);
	const seconds = (Date.now() - began) / 1000;
	const sum = (name: 'refreshes' | 'repeats' | 'reuses') => resources.reduce((all, {told}) => all + told[name], 0);
	const [refreshes, repeats, reuses] = [sum('refreshes'), sum('repeats'), sum('reuses')];
	assert.deepEqual(failures, [], 'each call of a survivor succeeds');
	assert.equal(windows, servers, 'one sign-in at each server');
	assert.equal(reuses, 0, 'no refresh token is used twice');
	// Who is killed may have had a refresh under way at each of them.
	assert.ok(repeats <= kills * servers, `${repeats} refreshes repeated, for no more than those that were killed`);
	assert.ok(refreshes - repeats <= servers * (seconds / (lifetime * 0.8) + 1), 'one refresh for each expiry');
	return {calls, kills, windows, refreshes, repeats, seconds};
};
