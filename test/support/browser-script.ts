import {writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {temporaryFolder} from './built-command.js';

export type BrowserScript = {
	/** For `BROWSER`. */
	readonly program: string;
	/** How often it was called so far. */
	readonly calls: number;
	/** The address of the next call. */
	next(): Promise<string>;
};

/** A program to be named in `BROWSER`, which hands the address that it is called with to the test. */
export const browserScript = async (t: TestContext): Promise<BrowserScript> => {
	const folder = await temporaryFolder(t);
	const socket = path.join(folder, 'socket');
	const program = path.join(folder, 'browser');
	const addresses: string[] = [];
	const readers: ((address: string) => void)[] = [];
	let calls = 0;
	const server = createServer(connection => {
		let address = '';
		connection.setEncoding('utf8').on('data', (text: string) => (address += text));
		connection.on('end', () => {
			calls++;
			const reader = readers.shift();
			if (reader) reader(address);
			else addresses.push(address);
		});
	});
	await new Promise<void>(resolve => server.listen(socket, resolve));
	t.after(() => server.close());
	const script = `#!${process.execPath}\nrequire('node:net').connect(${JSON.stringify(socket)}).end(process.argv[2]);\n`;
	await writeFile(program, script, {mode: 0o755});
	return {
		program,
		get calls() {
			return calls;
		},
		async next() {
			return addresses.shift() ?? new Promise(resolve => readers.push(resolve));
		},
	};
};
