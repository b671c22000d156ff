/** D-Bus specification, "Marshaling" and "Message Protocol": as much of both as a few method calls take. */

/** Writes values one after another, each aligned as its type asks; in a string of bytes, which grows at no cost. */
class Writer {
	#bytes = '';

	get bytes(): Buffer {
		return Buffer.from(this.#bytes, 'latin1');
	}

	align(boundary: number): this {
		this.#bytes = this.#bytes.padEnd(padded(this.#bytes.length, boundary), '\0');
		return this;
	}

	byte(...values: readonly number[]): this {
		this.#bytes += String.fromCharCode(...values);
		return this;
	}

	uint32(value: number): this {
		return this.align(4).#append(littleEndian(value));
	}

	text(value: string): this {
		const bytes = Buffer.from(value);
		return this.uint32(bytes.length).#append(`${bytes.toString('latin1')}\0`);
	}

	signature(value: string): this {
		return this.byte(value.length).#append(`${value}\0`);
	}

	/** An array of structures or dictionary entries. */
	array<Element>(elements: readonly Element[], write: (element: Element) => void): this {
		this.align(4);
		const before = this.#bytes;
		// What aligns the first element is not counted.
		const start = this.uint32(0).align(8).#bytes.length;
		for (const element of elements) {
			this.align(8);
			write(element);
		}

		const after = this.#bytes.slice(before.length + 4);
		this.#bytes = before + littleEndian(this.#bytes.length - start) + after;
		return this;
	}

	#append(bytes: string): this {
		this.#bytes += bytes;
		return this;
	}
}

const littleEndian = (value: number): string =>
	String.fromCharCode(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);

/** Reads values one after another; whatever a peer sends, never beyond the end. */
export class Reader {
	readonly #bytes: Buffer;
	readonly #isLittle: boolean;
	#offset = 0;

	constructor(bytes: Buffer, isLittle: boolean) {
		this.#bytes = bytes;
		this.#isLittle = isLittle;
	}

	align(boundary: number): void {
		this.#offset = padded(this.#offset, boundary);
	}

	/** @throws RangeError where so many are not left */
	take(length: number): Buffer {
		const end = this.#offset + length;
		if (end > this.#bytes.length) throw new RangeError('The message ends too early.');
		const bytes = this.#bytes.subarray(this.#offset, end);
		this.#offset = end;
		return bytes;
	}

	rest(): Buffer {
		return this.take(Math.max(0, this.#bytes.length - this.#offset));
	}

	byte(): number {
		return this.take(1).readUInt8();
	}

	uint32(): number {
		this.align(4);
		const bytes = this.take(4);
		return this.#isLittle ? bytes.readUInt32LE() : bytes.readUInt32BE();
	}

	bytes(): Buffer {
		return this.take(this.uint32());
	}

	text(): string {
		const text = this.bytes().toString();
		this.take(1);
		return text;
	}

	signature(): string {
		const signature = this.take(this.byte()).toString('latin1');
		this.take(1);
		return signature;
	}

	array<Element>(boundary: number, read: () => Element): Element[] {
		const length = this.uint32();
		this.align(boundary);
		const end = this.#offset + length;
		const elements: Element[] = [];
		while (this.#offset < end) {
			this.align(boundary);
			elements.push(read());
		}

		if (this.#offset > end) throw new RangeError('The array ends too early.');
		return elements;
	}

	/** @throws TypeError for a type that no response to us has */
	variant(): string | number | Buffer {
		const signature = this.signature();
		switch (signature) {
			case 's':
			case 'o':
				return this.text();
			case 'g':
				return this.signature();
			case 'u':
			case 'b':
				return this.uint32();
			case 'ay':
				return this.bytes();
			default:
				throw new TypeError(`A value of type ${signature} was not asked for.`);
		}
	}
}

export type MethodCall = {
	readonly to: string;
	readonly path: string;
	readonly face: string;
	readonly name: string;
	readonly signature?: string;
	readonly write?: (body: Writer) => void;
};

const callType = 1;
const returnType = 2;
const errorType = 3;
const protocolVersion = 1;
const headLength = 16;

const field = {path: 1, face: 2, member: 3, error: 4, replyTo: 5, destination: 6, signature: 8};

export const encodeCall = ({to, path, face, name, signature, write}: MethodCall, serial: number): Buffer => {
	const body = new Writer();
	write?.(body);
	const message = new Writer();
	message.byte(0x6c, callType, 0, protocolVersion).uint32(body.bytes.length).uint32(serial);
	const fields: [code: number, type: string, value: string][] = [
		[field.path, 'o', path],
		[field.face, 's', face],
		[field.member, 's', name],
		[field.destination, 's', to],
	];
	if (signature !== undefined) fields.push([field.signature, 'g', signature]);
	message.array(fields, ([code, type, value]) => {
		message.byte(code).signature(type);
		if (type === 'g') message.signature(value);
		else message.text(value);
	});
	return Buffer.concat([message.align(8).bytes, body.bytes]);
};

export type MethodReply = {
	readonly error?: string;
	readonly signature: string;
	readonly body: Reader;
};

/** The length of the message that begins with these bytes; undefined where they are too few to tell. */
export const messageLength = (bytes: Buffer): number | undefined => {
	if (bytes.length < headLength) return undefined;
	const isLittle = isLittleEndian(bytes);
	const number = (offset: number) => (isLittle ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
	return padded(headLength + number(12), 8) + number(4);
};

/**
 * @returns undefined for a message that is no reply, as a signal is none
 * @throws RangeError or TypeError for one that cannot be read
 */
export const decodeReply = (bytes: Buffer): {readonly replyTo: unknown; readonly reply: MethodReply} | undefined => {
	const isLittle = isLittleEndian(bytes);
	const reader = new Reader(bytes, isLittle);
	const [, type] = reader.take(12);
	if (type !== returnType && type !== errorType) return undefined;
	const fields = new Map(
		reader.array(8, () => {
			const code = reader.byte();
			return [code, reader.variant()] as const;
		}),
	);
	reader.align(8);
	const body = new Reader(reader.rest(), isLittle);
	const signature = String(fields.get(field.signature) ?? '');
	const error = type === errorType && {error: String(fields.get(field.error) ?? '')};
	return {replyTo: fields.get(field.replyTo), reply: {...error, signature, body}};
};

const isLittleEndian = (bytes: Buffer): boolean => bytes[0] === 0x6c;

const padded = (length: number, boundary: number): number => Math.ceil(length / boundary) * boundary;
