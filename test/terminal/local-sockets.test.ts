import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {endianness} from 'node:os';
import net, {type Socket} from 'node:net';
import {test, type TestContext} from 'node:test';
import type {Connection} from '../../source/login/terminal.js';
import {createLocalSockets, isOursByList, isOursByTables} from '../../source/terminal/local-sockets.js';
import {hasIpv6} from '../support/ipv6.js';

const tells = process.platform === 'linux';
const onLinux = {skip: !tells && 'only Linux is tried here'};
const isRoot = process.getuid?.() === 0;
const sockets = createLocalSockets({platform: process.platform, env: {}});

test('demand 22: the program that holds a port is named', onLinux, async t => {
	const program = `
		const server = require('node:net').createServer();
		server.listen(0, process.argv[1], () => console.log(server.address().port));
	`;
	for (const address of (await hasIpv6()) ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
		const child = spawn(process.execPath, ['-e', program, address], {stdio: ['ignore', 'pipe', 'inherit']});
		t.after(() => child.kill());
		const [line] = (await once(child.stdout, 'data')) as [Buffer];
		const holder = await sockets.findPortOwner(Number(String(line)));
		assert.match(holder ?? '', new RegExp(`^(node|MainThread), process ${child.pid}$`));
		child.kill();
		await once(child, 'exit');
		assert.equal(await sockets.findPortOwner(Number(String(line))), undefined);
	}
});

const head =
	'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                    \n';
/** Of a little-endian Linux 6: our end (port 0x9C41) as 3001, and the browser's (port 0xB98A) as someone. */
const ours = (state = '01') =>
	`   7: 0100007F:9C41 0100007F:B98A ${state} 00000000:00000000 00:00000000 00000000  3001        0 81290 1 00000000bbac00ec 20 4 30 10 -1\n`;
const theirs = (uid: string, inode = '81285') =>
	`   3: 0100007F:B98A 0100007F:9C41 01 00000000:00000000 02:0000122B 00000000 ${uid.padStart(5)}        0 ${inode} 2 0000000015ff21aa 20 4 28 11 -1\n`;
const theirsInSix = (uid: string) =>
	` 12: 0000000000000000FFFF00000100007F:B98A 0000000000000000FFFF00000100007F:9C41 01 00000000:00000000 02:00000A6C 00000000 ${uid.padStart(5)}        0 82260 2 00000000a2490738 20 4 30 12 -1\n`;
const connection: Connection = {
	localAddress: '127.0.0.1',
	localPort: 0x9c41,
	remoteAddress: '127.0.0.1',
	remotePort: 0xb98a,
};
const users = new Set(['0', '3001']);

const tables: readonly (readonly [behaviour: string, counts: boolean, table: string])[] = [
	['a connection of this user counts', true, head + theirs('3001') + ours()],
	["root's counts", true, head + ours() + theirs('0')],
	["another user's does not", false, head + theirs('3002') + ours()],
	['a user whose id only begins like ours is another', false, head + theirs('30010') + ours()],
	['an IPv4 peer is found in the table of IPv6', false, head + ours() + head + theirsInSix('3002')],
	['and counts there if it is ours', true, head + ours() + head + theirsInSix('3001')],
	["a socket without an inode is nobody's, whatever user it says", false, head + theirs('0', '0') + ours()],
	['a peer that has closed does not count: our end waits to be closed', false, head + theirs('3001') + ours('08')],
	['nor does one that left no trace', false, head + ours('08')],
	['a connection that is gone does not count', false, head],
	['a peer that is in no table is elsewhere, and counts', true, head + ours()],
	['another connection of the same port says nothing', true, head + ours() + theirs('3002').replace(':9C41', ':9C42')],
];
const isLittleEndian = {skip: endianness() !== 'LE' && 'the texts are of a little-endian computer'};
for (const [behaviour, counts, table] of tables) {
	test(`in the tables of Linux, ${behaviour}`, isLittleEndian, () => {
		assert.equal(isOursByTables(table, connection, users), counts);
	});
}

test('in the tables of Linux, ::1 is read too', isLittleEndian, () => {
	const loopback = '00000000000000000000000001000000';
	const six = (uid: string) => head + (ours() + theirs(uid)).replaceAll('0100007F', loopback);
	const both = {...connection, localAddress: '::1', remoteAddress: '::1'};
	assert.equal(isOursByTables(six('3001'), both, users), true);
	assert.equal(isOursByTables(six('3002'), both, users), false);
	assert.equal(isOursByTables(six('3001'), {...both, remoteAddress: 'fe80::1'}, users), false);
});

test('what lsof lists on macOS is ours if the user is, and what it does not list is of another user', () => {
	const list = 'p812\nu501\nf23\nn127.0.0.1:47498->127.0.0.1:40001\np944\nu0\nf9\nn[::1]:47499->[::1]:40001\n';
	const from = (address: string, remotePort: number) =>
		isOursByList(
			list,
			{localAddress: address, remoteAddress: address, localPort: 40_001, remotePort},
			new Set(['501', '0']),
		);
	assert.equal(from('127.0.0.1', 47_498), true);
	assert.equal(from('::1', 47_499), true);
	assert.equal(from('127.0.0.1', 47_499), false);
	assert.equal(isOursByList(list, {...connection, localPort: 40_001, remotePort: 47_498}, new Set(['502'])), false);
});

/** A server that hands out each connection as it accepts it. */
const accepting = async (t: TestContext, host: string) => {
	const server = net.createServer({pauseOnConnect: true});
	server.listen(0, host);
	await once(server, 'listening');
	t.after(() => server.close());
	const {port} = server.address() as net.AddressInfo;
	return {
		port,
		next: async () => {
			const [socket] = (await once(server, 'connection')) as [Socket];
			socket.on('error', () => undefined);
			t.after(() => socket.destroy());
			const {localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0} = socket;
			return {localAddress, localPort, remoteAddress, remotePort};
		},
	};
};

test('of real connections those of this process count, in each notation, until they are closed', onLinux, async t => {
	const four = await accepting(t, '127.0.0.1');
	const six = (await hasIpv6()) ? await accepting(t, '::1') : undefined;
	for (const [{port, next}, host] of [
		[four, '127.0.0.1'],
		[four, '::ffff:127.0.0.1'],
		...(six ? ([[six, '::1']] as const) : []),
	] as const) {
		const accepted = next();
		const socket = net.connect(port, host);
		const connection = await accepted;
		assert.equal(await sockets.isOurs(connection), true, host);
		if (isRoot) {
			// The same table, read for a user who is neither root nor this one.
			const others = spawnSocket(t, port, host);
			const theirs = await next();
			assert.equal(await createLocalSockets({platform: 'linux', env: {}}).isOurs(theirs), false, host);
			assert.equal(await createLocalSockets({platform: 'linux', env: {SUDO_UID: '3002'}}).isOurs(theirs), true, host);
			others.kill();
		}

		socket.resetAndDestroy();
		await once(socket, 'close');
		assert.equal(await sockets.isOurs(connection), false, `${host}, closed`);
	}
});

/** Another user's connection. */
const spawnSocket = (t: TestContext, port: number, host: string) => {
	const code = `require('node:net').connect(${port}, ${JSON.stringify(host)}); setInterval(() => {}, 1000);`;
	const child = spawn(process.execPath, ['-e', code], {uid: 3002, gid: 3002, cwd: '/', stdio: 'ignore'});
	t.after(() => child.kill('SIGKILL'));
	return child;
};

test('a flood of connections costs one look at the tables after another, and each is judged', onLinux, async t => {
	const {port, next} = await accepting(t, '127.0.0.1');
	const accepted = next();
	const socket = net.connect(port, '127.0.0.1');
	t.after(() => socket.destroy());
	const connection = await accepted;
	const verdicts = await Promise.all(Array.from({length: 2000}, async () => sockets.isOurs(connection)));
	assert.deepEqual(new Set(verdicts), new Set([true]));
});

test('where a system does not tell, every connection counts and nobody is named', async () => {
	const silent = createLocalSockets({platform: 'win32', env: {}});
	assert.equal(await silent.isOurs(connection), true);
	assert.equal(await silent.findPortOwner(80), undefined);
});
