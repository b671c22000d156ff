import {deflateSync, crc32} from 'node:zlib';
import xterm, {type IBufferCell, type IBufferLine} from '@xterm/headless';

/** One cell as a person sees it; colours are `#rrggbb`. */
export type Cell = {
	readonly text: string;
	readonly foreground: string;
	readonly background: string;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly underline: boolean;
	/** The target of the OSC 8 link that the cell belongs to. */
	readonly link?: string;
};

export type Theme = {
	readonly foreground: string;
	readonly background: string;
	/** The sixteen colours that a theme may choose. @default xterm's */
	readonly palette?: readonly string[];
};
export const darkTheme: Theme = {foreground: '#e5e5e5', background: '#101010'};
export const lightTheme: Theme = {foreground: '#202020', background: '#ffffff'};

/** RGBA pixels, as jsqr takes them. */
export type Pixels = {readonly data: Uint8ClampedArray; readonly width: number; readonly height: number};

const baseColours: readonly string[] = [
	['#000000', '#cd0000', '#00cd00', '#cdcd00', '#0000ee', '#cd00cd', '#00cdcd', '#e5e5e5'],
	['#7f7f7f', '#ff0000', '#00ff00', '#ffff00', '#5c5cff', '#ff00ff', '#00ffff', '#ffffff'],
].flat();

const hex = (value: number): string => '#' + value.toString(16).padStart(6, '0');

/** xterm's palette: 16 colours, a cube of 6x6x6, and 24 greys. */
const paletteColour = (index: number, palette = baseColours): string => {
	if (index < 16) return palette[index]!;
	if (index >= 232) return hex((8 + (index - 232) * 10) * 0x01_01_01);
	const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
	const [red, green, blue] = [36, 6, 1].map(weight => level(Math.floor((index - 16) / weight) % 6));
	return hex((red! << 16) | (green! << 8) | blue!);
};

const rgb = (colour: string): [number, number, number] => {
	const value = Number.parseInt(colour.slice(1), 16);
	return [value >> 16, (value >> 8) & 255, value & 255];
};

/**
 * What xterm.js keeps to itself and has no public word for: whether the cursor is hidden, and which link a cell is in.
 */
type Internals = {
	readonly _core: {
		readonly coreService: {readonly isCursorHidden: boolean};
		readonly _oscLinkService: {getLinkData(id: number): {readonly uri: string} | undefined};
	};
};
type CellInternals = IBufferCell & {readonly extended?: {readonly urlId: number}};

/** A real terminal's brain without its window: bytes go in, and what a person would see can be asked for. */
export class TerminalEmulator {
	readonly #terminal: xterm.Terminal;

	constructor(columns = 80, rows = 24) {
		this.#terminal = new xterm.Terminal({cols: columns, rows, scrollback: 10_000, allowProposedApi: true});
	}

	get columns(): number {
		return this.#terminal.cols;
	}

	get rows(): number {
		return this.#terminal.rows;
	}

	/** Resolves once the bytes show. */
	async feed(data: string | Uint8Array): Promise<void> {
		return new Promise(resolve => this.#terminal.write(data, resolve));
	}

	resize(columns: number, rows: number): void {
		this.#terminal.resize(columns, rows);
	}

	/** Calls back with what the terminal itself answers, such as the position of the cursor. */
	onReply(listener: (reply: string) => void): void {
		this.#terminal.onData(listener);
	}

	/** The rows in the window, without blanks at their ends. */
	screen(): string[] {
		return this.#lines(this.#buffer.baseY, this.#buffer.length).map(line => line.translateToString(true));
	}

	/** The rows that have left the window at its top. */
	scrollback(): string[] {
		return this.#lines(0, this.#buffer.baseY).map(line => line.translateToString(true));
	}

	/** All rows, those that have left the window first. */
	history(): string[] {
		return [...this.scrollback(), ...this.screen()];
	}

	/** What is shown, in one string without blank rows at its end. */
	get text(): string {
		return this.screen().join('\n').trimEnd();
	}

	get cursor(): {readonly row: number; readonly column: number; readonly visible: boolean} {
		const {isCursorHidden} = (this.#terminal as unknown as Internals)._core.coreService;
		return {row: this.#buffer.cursorY, column: this.#buffer.cursorX, visible: !isCursorHidden};
	}

	/** Whether the program has switched on bracketed paste. */
	get bracketedPaste(): boolean {
		return this.#terminal.modes.bracketedPasteMode;
	}

	/** Whether the program is in the middle of a frame that a terminal shows once it is whole (mode 2026). */
	get isUpdating(): boolean {
		return this.#terminal.modes.synchronizedOutputMode;
	}

	/** The cells of a row of the window, in a theme. */
	cells(row: number, theme: Theme = darkTheme): Cell[] {
		const line = this.#buffer.getLine(this.#buffer.baseY + row);
		if (!line) return [];
		return Array.from({length: this.columns}, (_, column) => this.#cell(line, column, theme));
	}

	/** The targets of the OSC 8 links in a row of the window, each once. */
	links(row: number): string[] {
		return [...new Set(this.cells(row).flatMap(({link}) => link ?? []))];
	}

	/**
	 * What lands in the clipboard when a user drags over these rows of the history (counted from the oldest, both ends
	 * included): rows that the terminal itself wrapped come in one piece, rows that a program broke do not.
	 */
	selectRows(first: number, last: number): string {
		return this.#lines(first, last + 1)
			.map((line, index) => {
				const next = this.#buffer.getLine(first + index + 1);
				const goesOn = next?.isWrapped === true && first + index < last;
				return goesOn ? line.translateToString(false) : line.translateToString(true) + '\n';
			})
			.join('')
			.trimEnd();
	}

	/** Every paragraph of the history as a triple click selects it: soft-wrapped rows joined. */
	paragraphs(): string[] {
		const paragraphs: string[] = [];
		this.#lines(0, this.#buffer.length).forEach(line => {
			if (line.isWrapped && paragraphs.length > 0) paragraphs.push(paragraphs.pop()! + line.translateToString(false));
			else paragraphs.push(line.translateToString(false));
		});
		return paragraphs.map(paragraph => paragraph.trimEnd());
	}

	/**
	 * The window as pixels: colours and block elements are drawn, other characters are left out, so this is for reading
	 * a QR code the flow a phone does.
	 *
	 * @param cellWidth - in pixels; a cell is twice as high.
	 */
	toImage({theme = darkTheme, cellWidth = 4}: {theme?: Theme; cellWidth?: number} = {}): Pixels {
		const width = this.columns * cellWidth;
		const height = this.rows * cellWidth * 2;
		const data = new Uint8ClampedArray(width * height * 4);
		for (let y = 0; y < height; y++) {
			const cells = this.cells(Math.floor(y / (2 * cellWidth)), theme);
			const isUpper = Math.floor(y / cellWidth) % 2 === 0;
			for (let x = 0; x < width; x++) {
				const {text, foreground, background} = cells[Math.floor(x / cellWidth)]!;
				const isDrawn = text === '█' || text === (isUpper ? '▀' : '▄');
				data.set([...rgb(isDrawn ? foreground : background), 255], (y * width + x) * 4);
			}
		}

		return {data, width, height};
	}

	/** {@link toImage} as a PNG file. */
	toPng(options?: {theme?: Theme; cellWidth?: number}): Buffer {
		const {data, width, height} = this.toImage(options);
		const header = Buffer.alloc(13);
		header.writeUInt32BE(width, 0);
		header.writeUInt32BE(height, 4);
		// Eight bits a channel, red, green, blue and alpha.
		header.set([8, 6, 0, 0, 0], 8);
		const scanLines = Array.from({length: height}, (_, y) =>
			Buffer.concat([Buffer.of(0), Buffer.from(data.buffer, y * width * 4, width * 4)]),
		);
		return Buffer.concat([
			Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
			pngChunk('IHDR', header),
			pngChunk('IDAT', deflateSync(Buffer.concat(scanLines))),
			pngChunk('IEND', Buffer.alloc(0)),
		]);
	}

	/** The window as a page, to be looked at in a browser: text, colours, links and all. */
	toHtml({theme = darkTheme}: {theme?: Theme} = {}): string {
		const escape = (text: string) => text.replaceAll(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
		const span = ({text, foreground, background, bold, dim, underline, link}: Cell) => {
			const style = [
				`color:${foreground};background:${background}`,
				bold && 'font-weight:bold',
				dim && 'opacity:.5',
				(underline || link) && 'text-decoration:underline',
			];
			return `<span style="${style.filter(Boolean).join(';')}">${escape(text === '' ? ' ' : text)}</span>`;
		};
		const rows = Array.from({length: this.rows}, (_, row) => this.cells(row, theme).map(span).join('')).join('\n');
		return [
			'<!doctype html><meta charset="utf-8"><title>Terminal</title>',
			`<body style="margin:16px;background:${theme.background}">`,
			`<pre style="font:16px/1.2 'DejaVu Sans Mono',monospace;margin:0">${rows}</pre>`,
		].join('\n');
	}

	dispose(): void {
		this.#terminal.dispose();
	}

	get #buffer() {
		return this.#terminal.buffer.active;
	}

	#lines(from: number, to: number): IBufferLine[] {
		return Array.from({length: Math.max(0, to - from)}, (_, index) => this.#buffer.getLine(from + index)).filter(
			line => line !== undefined,
		);
	}

	#cell(line: IBufferLine, column: number, theme: Theme): Cell {
		const cell = line.getCell(column)! as CellInternals;
		const ownForeground = cell.isFgRGB() ? hex(cell.getFgColor()) : paletteColour(cell.getFgColor(), theme.palette);
		const ownBackground = cell.isBgRGB() ? hex(cell.getBgColor()) : paletteColour(cell.getBgColor(), theme.palette);
		const foreground = cell.isFgDefault() ? theme.foreground : ownForeground;
		const background = cell.isBgDefault() ? theme.background : ownBackground;
		const isInverse = cell.isInverse() !== 0;
		const link = this.#link(cell);
		return {
			text: cell.getChars(),
			foreground: isInverse ? background : foreground,
			background: isInverse ? foreground : background,
			bold: cell.isBold() !== 0,
			dim: cell.isDim() !== 0,
			underline: cell.isUnderline() !== 0,
			...(link !== undefined && {link}),
		};
	}

	#link({extended}: CellInternals): string | undefined {
		if (!extended?.urlId) return undefined;
		return (this.#terminal as unknown as Internals)._core._oscLinkService.getLinkData(extended.urlId)?.uri;
	}
}

const pngChunk = (type: string, data: Buffer): Buffer => {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const chunk = Buffer.alloc(body.length + 8);
	chunk.writeUInt32BE(data.length, 0);
	body.copy(chunk, 4);
	chunk.writeUInt32BE(crc32(body), body.length + 4);
	return chunk;
};
