import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, copyFile, mkdir, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {promisify} from 'node:util';
import {temporaryFolder} from './built-command.js';
import {freePort} from './loopback.js';
import {requireProgram} from './requirements.js';

export type SshServer = {
	readonly port: number;
	readonly ssh: string;
	/** The options that make `ssh` trust this server, and be let in, and look at nothing of the machine's own. */
	readonly options: readonly string[];
};

/** OpenSSH's own server for this user alone, with its own keys and settings; it ends with the test. */
export const startSshServer = async (t: TestContext): Promise<SshServer | undefined> => {
	const sshd = requireProgram(t, 'sshd');
	const ssh = requireProgram(t, 'ssh');
	if (sshd === undefined || ssh === undefined) return undefined;
	const folder = await temporaryFolder(t);
	const file = (name: string) => path.join(folder, name);
	for (const name of ['host_key', 'user_key']) {
		await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
	}

	await copyFile(file('user_key.pub'), file('authorized_keys'));
	await chmod(file('authorized_keys'), 0o600);
	// As root it wants a place of its own, which the distribution's service makes otherwise.
	if (os.userInfo().uid === 0) await mkdir('/run/sshd', {recursive: true, mode: 0o755});
	const port = await freePort();
	const settings = [
		`Port ${port}`,
		'ListenAddress 127.0.0.1',
		`HostKey ${file('host_key')}`,
		`AuthorizedKeysFile ${file('authorized_keys')}`,
		'PidFile none',
		'UsePAM no',
		'StrictModes no',
		'PasswordAuthentication no',
		'PermitRootLogin prohibit-password',
		'PrintMotd no',
		'PrintLastLog no',
	];
	await writeFile(file('sshd_config'), settings.map(line => `${line}\n`).join(''));
	const server = spawn(sshd, ['-D', '-e', '-f', file('sshd_config')], {stdio: ['ignore', 'ignore', 'pipe']});
	t.after(async () => {
		const exited = server.exitCode === null ? once(server, 'exit') : undefined;
		server.kill();
		await exited;
	});
	let log = '';
	await new Promise<void>((resolve, reject) => {
		server.once('exit', code => reject(new Error(`sshd ended with ${code}: ${log}`)));
		server.stderr.setEncoding('utf8').on('data', (text: string) => {
			log += text;
			if (log.includes('Server listening')) resolve();
		});
	});
	const client = [
		`IdentityFile ${file('user_key')}`,
		'IdentitiesOnly yes',
		'BatchMode yes',
		'StrictHostKeyChecking accept-new',
		`UserKnownHostsFile ${file('known_hosts')}`,
		'LogLevel ERROR',
	];
	await writeFile(file('ssh_config'), client.map(line => `${line}\n`).join(''));
	return {port, ssh, options: ['-F', file('ssh_config')]};
};
