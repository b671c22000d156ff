import {spawn, type ChildProcessByStdio} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import type {EntryOptions} from '@napi-rs/keyring';
import {keyringUnavailable} from './store-error.js';

type Request = {
	readonly module: string;
	readonly service: string;
	readonly account: string;
	readonly entryOptions: EntryOptions;
	readonly operation: 'get' | 'set' | 'probe';
	readonly secret: string | undefined;
};

/** The request comes on stdin and the result goes to stdout: arguments and environment are for everybody to read. */
const program = `
const {module, service, account, entryOptions, operation, secret} = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const {Entry} = require(module);
const store = (entry, value) => {
	entry.setPassword(value);
	if (entry.getPassword() !== value) throw new Error('not kept');
};
if (operation === 'probe') {
	const entry = new Entry(service, account + ' (probe ' + process.pid + ')', entryOptions);
	store(entry, 'probe');
	entry.deleteCredential();
}
const entry = new Entry(service, account, entryOptions);
if (operation === 'set') store(entry, secret);
process.stdout.write(JSON.stringify({value: operation === 'get' ? entry.getPassword() ?? null : null}));
`;

/** Set for the child: a process that finds it starts no other, whatever `process.execPath` has turned out to be. */
const mark = 'INK_LOGIN_KEYRING_CHILD';

/** The child's result; undefined for anything but what {@link program} prints. */
const parseResult = (output: string): {readonly value: string | null} | undefined => {
	try {
		const {value} = JSON.parse(output) as {readonly value?: unknown};
		return value === null || typeof value === 'string' ? {value} : undefined;
	} catch {
		return undefined;
	}
};

/**
 * Uses the keyring in a process of its own. `process.execPath` must be Node.js (keyring.ts).
 *
 * @throws LoginError `store_error` when it fails, or after `timeout` milliseconds
 */
export const runKeyringChild = async (
	request: Request,
	{
		environment,
		timeout,
	}: {readonly environment: Readonly<Record<string, string | undefined>>; readonly timeout: number},
): Promise<string | undefined> => {
	if (process.env[mark] !== undefined) throw keyringUnavailable('cannot be reached');
	let child: ChildProcessByStdio<Writable, Readable, null>;
	try {
		child = spawn(process.execPath, ['--eval', program], {
			// Options for this process (an inspector, a loader) are not for that one.
			env: {...environment, NODE_OPTIONS: '', [mark]: '1'},
			stdio: ['pipe', 'pipe', 'ignore'],
			windowsHide: true,
			timeout,
			killSignal: 'SIGKILL',
		});
	} catch {
		// Node.js's permission model allows no child.
		throw keyringUnavailable('cannot be reached');
	}

	// It may wait without end, and nobody else would end it.
	const kill = () => void child.kill('SIGKILL');
	process.once('exit', kill);
	return new Promise<string | undefined>((resolve, reject) => {
		let output = '';
		child.stdout.setEncoding('utf8');
		child.stdout.on('data', (chunk: string) => {
			output += chunk;
		});
		// It may have died before it read its request; `close` tells.
		child.stdin.on('error', () => undefined);
		child.on('error', () => reject(keyringUnavailable('cannot be reached')));
		child.on('close', (code, signal) => {
			const result = code === 0 ? parseResult(output) : undefined;
			if (result !== undefined) resolve(result.value ?? undefined);
			else if (signal === 'SIGKILL') reject(keyringUnavailable(`did not answer within ${timeout / 1000} seconds`));
			else reject(keyringUnavailable('is locked, or there is none'));
		});
		child.stdin.end(JSON.stringify(request));
	}).finally(() => process.off('exit', kill));
};
