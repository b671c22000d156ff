import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
const page = 0x1_0000;
const roundUp = (size: number): number => Math.ceil(size / page) * page;

/** The types of program headers (elf(5)). */
const load = 1;
const note = 4;
const relro = 0x64_74_e5_52;

/**
 * Node.js's file with a blob in it, where Node.js looks for one (its documentation, "Single executable applications"): in
 * a note of this name. There is no room for new program headers, so those of Node.js's own note, and of what is made
 * read-only after linking, become those of ours.
 */
const inject = (node: Buffer, blob: Buffer): Buffer => {
	const name = Buffer.from('NODE_SEA_BLOB\0\0\0');
	const head = Buffer.alloc(12);
	head.writeUInt32LE(14, 0);
	head.writeUInt32LE(blob.length, 4);
	const begin = roundUp(node.length);
	const size = head.length + name.length + blob.length;
	const file = Buffer.concat([node, Buffer.alloc(begin - node.length), head, name, blob]);
	file.write('1', file.indexOf(`${fuse}0`) + fuse.length);

	const [first, length, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
	const headers = Array.from({length: count}, (_, index) => first + index * length);
	const typeOf = (header: number) => file.readUInt32LE(header);
	const ends = headers
		.filter(header => typeOf(header) === load)
		.map(header => Number(file.readBigUInt64LE(header + 16) + file.readBigUInt64LE(header + 40)));
	const place = roundUp(Math.max(...ends));
	for (const [from, to] of [
		[note, note],
		[relro, load],
	] as const) {
		const header = headers.find(candidate => typeOf(candidate) === from);
		if (header === undefined) throw new Error(`Node.js's file has no program header of type ${from}.`);
		file.writeUInt32LE(to, header);
		file.writeUInt32LE(4, header + 4);
		// Offset, address, physical address, size in the file, size in memory, alignment.
		const values = [begin, place, place, size, size, to === load ? page : 4];
		for (const [index, value] of values.entries()) file.writeBigUInt64LE(BigInt(value), header + 8 + 8 * index);
	}

	return file;
};

/** Makes a single-file executable of a CommonJS program. Skips the test where it cannot. */
export const makeSingleExecutable = (t: TestContext, program: string, executable: string): boolean => {
	const node = process.platform === 'linux' ? readFileSync(process.execPath) : Buffer.alloc(0);
	if (!node.includes(`${fuse}0`)) {
		t.skip('Single-file executables are made of official builds for Linux here.');
		return false;
	}

	const folder = path.dirname(executable);
	const blob = path.join(folder, 'program.blob');
	const config = path.join(folder, 'sea.json');
	writeFileSync(config, JSON.stringify({main: program, output: blob, disableExperimentalSEAWarning: true}));
	execFileSync(process.execPath, ['--experimental-sea-config', config], {stdio: 'ignore'});
	writeFileSync(executable, inject(node, readFileSync(blob)), {mode: 0o755});
	return true;
};
