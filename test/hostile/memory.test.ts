import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import net, {type AddressInfo, type Socket} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {promisify} from 'node:util';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {startScriptedServer, type ScriptedResponse, type ServerEndpoint} from '../../source/testing/index.js';
import {hostileResponses} from '../support/hostile-responses.js';
import type {FlowName} from '../../source/core/types.js';

const limit = 150;

/** Runs the client as one file of JavaScript, so that nothing but it is measured. */
const meet = async (servers: readonly (readonly [issuer: string, flow: FlowName])[]) => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'hostile-'));
	try {
		const outfile = path.join(folder, 'client.mjs');
		const entry = path.join(import.meta.dirname, '../support/hostile-client.ts');
		await build({
			entryPoints: [entry],
			outfile,
			bundle: true,
			format: 'esm',
			platform: 'node',
			target: 'node20',
			logLevel: 'error',
		});
		const {stdout} = await promisify(execFile)(process.execPath, ['--expose-gc', outfile, JSON.stringify(servers)], {
			timeout: 200_000,
		});
		return JSON.parse(stdout) as {readonly outcomes: readonly string[]; readonly megabytes: number};
	} finally {
		await rm(folder, {recursive: true});
	}
};

const spaces = ' '.repeat(2 ** 28);
const brotli = {params: {[constants.BROTLI_PARAM_QUALITY]: 1}};

/** A quarter of a gigabyte in a few hundred kilobytes, and less. */
const bombs = (): Readonly<Record<string, ScriptedResponse>> => ({
	'a gzip bomb': {headers: {'content-encoding': 'gzip'}, body: gzipSync(spaces, {level: 6})},
	'a brotli bomb': {headers: {'content-encoding': 'br'}, body: brotliCompressSync(spaces, brotli)},
	'a bomb in a bomb': {headers: {'content-encoding': 'gzip, gzip'}, body: gzipSync(gzipSync(spaces))},
});

test('S29: endless, huge and compressed answers at any endpoint take less than 150 MB, and end', async () => {
	const attacks: Readonly<Record<string, ScriptedResponse>> = {
		...bombs(),
		'an endless body': hostileResponses['an endless body'],
		'a huge body': hostileResponses['a huge body'],
		'a dripping body': hostileResponses['a dripping body'],
		'half a response': hostileResponses['half a response'],
		'JSON nested without end': hostileResponses['JSON nested without end'],
	};
	const places: readonly (readonly [ServerEndpoint, FlowName])[] = [
		['openidConfiguration', 'browser'],
		['jwks', 'browser'],
		['deviceAuthorization', 'device'],
		['token', 'browser'],
		['userInfo', 'browser'],
		['revocation', 'browser'],
	];
	const servers = await Promise.all(
		Object.values(attacks).flatMap(answer =>
			places.map(async ([endpoint, flow]) => {
				const server = await startScriptedServer({
					responses: {[endpoint]: answer, ...(endpoint === 'openidConfiguration' && {oauthMetadata: answer})},
				});
				return {server, visit: [server.issuer, flow] as const, endpoint};
			}),
		),
	);
	try {
		const {outcomes, megabytes} = await meet(servers.map(({visit}) => visit));
		assert.equal(outcomes.length, servers.length);
		assert.ok(megabytes < limit, `${Math.round(megabytes)} MB`);

		assert.ok(megabytes < limit, `${Math.round(megabytes)} MB`);
		for (const [index, {endpoint}] of servers.entries()) {
			// What comes after the sign-in does not undo it.
			const isLate = endpoint === 'userInfo' || endpoint === 'revocation';
			const expected = isLate ? ['ended well'] : ['bad_response', 'config_error', 'network_error', 'timeout'];
			if (endpoint === 'jwks') expected.push('identity_check_failed');
			assert.ok(expected.includes(outcomes[index]!), `${endpoint}: ${outcomes[index]}`);
		}
	} finally {
		await Promise.all(servers.map(async ({server}) => server.close()));
	}
});

/** What a server that speaks no HTTP at all, or too much of it, does with a connection. */
const rawServers: Readonly<Record<string, (socket: Socket) => void>> = {
	nothing: () => undefined,
	'a greeting of another protocol': socket => socket.write('220 mail.example.test ESMTP\r\n'),
	'half of a connection': socket => socket.end(),
	'headers without end': socket =>
		flood(socket, 'HTTP/1.1 200 OK\r\n', () => `x-${Math.random()}: ${'y'.repeat(1000)}\r\n`),
	'interim answers without end': socket => flood(socket, '', () => 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'),
	'a length that is a lie': socket =>
		socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n{'),
	'two lengths': socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}'),
	'a length and chunks': socket =>
		socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
	'an endless chunk': socket =>
		flood(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n', () => 'x'.repeat(65_536)),
	'a body after a half-closed connection': socket => {
		socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"issuer":');
	},
};

const flood = (socket: Socket, opening: string, more: () => string) => {
	socket.write(opening);
	const pour = () => {
		while (!socket.destroyed && socket.write(more()));
	};
	socket.on('drain', () => setImmediate(pour));
	pour();
};

test('S29, S31: a server that speaks no HTTP, or too much of it, is given up in time and in 150 MB', async () => {
	const sockets = new Set<Socket>();
	const servers = await Promise.all(
		Object.values(rawServers).map(
			async behave =>
				new Promise<net.Server>(resolve => {
					const server = net.createServer({allowHalfOpen: true}, socket => {
						sockets.add(socket);
						socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
						socket.once('data', () => behave(socket));
					});
					server.listen(0, '127.0.0.1', () => resolve(server));
				}),
		),
	);
	try {
		const visits = servers.map(
			server => [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'browser'] as const,
		);
		const {outcomes, megabytes} = await meet(visits);
		assert.ok(megabytes < limit, `${Math.round(megabytes)} MB`);

		assert.ok(megabytes < limit, `${Math.round(megabytes)} MB`);
		for (const [index, name] of Object.keys(rawServers).entries()) {
			assert.ok(
				['network_error', 'timeout', 'bad_response', 'config_error'].includes(outcomes[index]!),
				`${name}: ${outcomes[index]}`,
			);
		}
	} finally {
		for (const server of servers) server.close();
		for (const socket of sockets) socket.destroy();
	}
});
