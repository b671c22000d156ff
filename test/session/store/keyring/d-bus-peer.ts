import {createServer} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {temporaryFolder} from '../fixtures.js';

export type Value =
	| {readonly type: 's' | 'o' | 'g'; readonly value: string}
	| {readonly type: 'u' | 'b'; readonly value: number}
	| {readonly type: 'ay'; readonly value: Buffer}
	| {readonly type: 'ao'; readonly value: readonly string[]}
	| {readonly type: 'v'; readonly value: Value}
	| {readonly type: '()'; readonly value: readonly Value[]};

const signatureOf = (value: Value): string =>
	value.type === '()' ? `(${value.value.map(signatureOf).join('')})` : value.type;

const align = (bytes: number[], boundary: number): void => {
	while (bytes.length % boundary > 0) bytes.push(0);
};

const write = (bytes: number[], item: Value, isLittle: boolean): void => {
	const number = (value: number) => {
		align(bytes, 4);
		const four = Buffer.alloc(4);
		if (isLittle) four.writeUInt32LE(value);
		else four.writeUInt32BE(value);
		bytes.push(...four);
	};
	const text = (value: string) => {
		number(Buffer.byteLength(value));
		bytes.push(...Buffer.from(value), 0);
	};
	switch (item.type) {
		case 's':
		case 'o':
			text(item.value);
			return;
		case 'g':
			bytes.push(item.value.length, ...Buffer.from(item.value), 0);
			return;
		case 'u':
		case 'b':
			number(item.value);
			return;
		case 'ay':
			number(item.value.length);
			bytes.push(...item.value);
			return;
		case 'ao': {
			const elements: number[] = [];
			for (const value of item.value) write(elements, {type: 'o', value}, isLittle);
			number(elements.length);
			bytes.push(...elements);
			return;
		}

		case 'v':
			write(bytes, {type: 'g', value: signatureOf(item.value)}, isLittle);
			write(bytes, item.value, isLittle);
			return;
		case '()':
			align(bytes, 8);
			for (const value of item.value) write(bytes, value, isLittle);
	}
};

const marshal = (values: readonly Value[], isLittle: boolean): Buffer => {
	const bytes: number[] = [];
	for (const value of values) write(bytes, value, isLittle);
	return Buffer.from(bytes);
};

export type MessageOptions = {
	readonly isLittle?: boolean;
	/** Of the body, where it is not what the values say. */
	readonly signature?: string;
	readonly body?: Buffer;
};

const message = (
	type: number,
	fields: readonly (readonly [code: number, value: Value])[],
	values: readonly Value[],
	{isLittle = true, signature = values.map(signatureOf).join(''), body = marshal(values, isLittle)}: MessageOptions,
): Buffer => {
	const all = signature === '' ? fields : [...fields, [8, {type: 'g', value: signature}] as const];
	const array: number[] = [];
	for (const [code, value] of all) {
		align(array, 8);
		array.push(code);
		write(array, {type: 'v', value}, isLittle);
	}

	const head = [isLittle ? 0x6c : 0x42, type, 0, 1];
	for (const value of [body.length, 7, array.length]) write(head, {type: 'u', value}, isLittle);
	head.push(...array);
	align(head, 8);
	return Buffer.concat([Buffer.from(head), body]);
};

const sender = [7, {type: 's', value: ':1.1'}] as const;

export const reply = (to: number, values: readonly Value[], options: MessageOptions = {}): Buffer =>
	message(2, [[5, {type: 'u', value: to}], sender], values, options);

export const errorReply = (to: number, name: string, options: MessageOptions = {}): Buffer =>
	message(3, [[4, {type: 's', value: name}], [5, {type: 'u', value: to}], sender], [], options);

export const signal = (options: MessageOptions = {}): Buffer =>
	message(4, [[3, {type: 's', value: 'NameAcquired'}], sender], [{type: 's', value: ':1.9'}], options);

/** The last word of a peer that hangs up. */
export const hangUp = Symbol('hang up');

/**
 * A bus that has a response for each time that it is written to, whatever that is; it sends one byte at a time where
 * `slowly`, and is silent in the end.
 */
export const startBus = async (
	t: TestContext,
	responses: readonly (Buffer | typeof hangUp)[],
	slowly = false,
	address = path.join(temporaryFolder(t), 'bus'),
): Promise<Record<string, string>> => {
	const server = createServer(socket => {
		const left = [...responses];
		socket.on('error', () => undefined);
		socket.on('data', () => {
			const bytes = left.shift();
			if (bytes === undefined) return;
			if (bytes === hangUp) socket.end();
			else if (slowly) for (const byte of bytes) socket.write(Buffer.of(byte));
			else socket.write(bytes);
			if (left[0] === hangUp) socket.end();
		});
	});
	await new Promise<void>(resolve => server.listen(address, resolve));
	t.after(() => server.close());
	return {DBUS_SESSION_BUS_ADDRESS: `tcp:host=x;unix:guid=1,path=${encodeURIComponent(address)}`};
};
