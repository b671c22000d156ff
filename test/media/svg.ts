import type {Cell, Theme} from '../support/terminal-emulator.js';
import type {Shot} from './recorder.js';

/** How a terminal looks, and a browser beside it. */
export type Look = Theme & {
	readonly isDark: boolean;
	/** What stands around a page. */
	readonly frame: string;
	readonly line: string;
	readonly faint: string;
	readonly touch: string;
};

/** Pixels; whole ones, so that blocks meet without a hairline. */
const cell = {width: 8, height: 18};
const padding = 16;

export const escape = (text: string): string =>
	text.replaceAll(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);

/** Cells that look the same, side by side. */
const runsOf = (cells: readonly Cell[]): {readonly at: number; readonly text: string; readonly display: Cell}[] => {
	const runs: {at: number; text: string; display: Cell}[] = [];
	for (const [at, display] of cells.entries()) {
		const last = runs.at(-1);
		const text = display.text === '' ? ' ' : display.text;
		const isSame =
			last?.display.foreground === display.foreground &&
			last.display.background === display.background &&
			last.display.bold === display.bold &&
			last.display.dim === display.dim &&
			isBlock(last.display.text) === isBlock(text) &&
			isFrame(last.display.text) === isFrame(text);
		if (isSame) last.text += text;
		else runs.push({at, text, display: {...display, text}});
	}

	return runs;
};

const isBlock = (text: string): boolean => /[█▀▄]/.test(text);
const isFrame = (text: string): boolean => /[─│╭╮╰╯]/.test(text);

/** The lines of a frame meet only where they are drawn: rows are higher than a font's lines. */
const frameLines = (text: string, at: number): string => {
	const [middle, half] = [cell.height / 2, cell.width / 2];
	return Array.from(text, (glyph, index) => {
		const left = (at + index) * cell.width;
		const [centre, right] = [left + half, left + cell.width];
		const lines: Readonly<Record<string, string>> = {
			'─': `M${left} ${middle}H${right}`,
			'│': `M${centre} 0V${cell.height}`,
			'╭': `M${centre} ${cell.height}V${middle + half}Q${centre} ${middle} ${right} ${middle}`,
			'╮': `M${left} ${middle}Q${centre} ${middle} ${centre} ${middle + half}V${cell.height}`,
			'╰': `M${centre} 0V${middle - half}Q${centre} ${middle} ${right} ${middle}`,
			'╯': `M${left} ${middle}Q${centre} ${middle} ${centre} ${middle - half}V0`,
		};
		return lines[glyph] ?? '';
	}).join('');
};

/** Block elements are drawn, not written: fonts leave gaps between them, in which a QR code drowns. */
const blocks = (text: string, at: number): string => {
	const half = cell.height / 2;
	const bar = (glyphs: string, top: number) =>
		Array.from(text.matchAll(new RegExp(`[${glyphs}]+`, 'g')), ({0: run, index}) => {
			const width = Array.from(run).length * cell.width;
			return `M${(at + index) * cell.width} ${top}h${width}v${half}h-${width}z`;
		}).join('');
	return bar('█▀', 0) + bar('█▄', half);
};

/** Words apart from each other: a font of another width moves none of them out of its column. */
const words = (text: string, at: number): {readonly at: number; readonly word: string}[] =>
	Array.from(text.matchAll(/\S+(?: \S+)*/g), ({0: word, index}) => ({at: at + index, word}));

/** What is dim is halfway to its ground. */
const inkOf = ({foreground, background, dim}: Cell): string => {
	if (!dim) return foreground;
	const channels = [1, 3, 5].map(at => {
		const [ink, ground] = [foreground, background].map(colour => Number.parseInt(colour.slice(at, at + 2), 16));
		return Math.round(((ink ?? 0) * 3 + (ground ?? 0) * 2) / 5);
	});
	return `#${channels.map(channel => channel.toString(16).padStart(2, '0')).join('')}`;
};

const drawRow = (cells: readonly Cell[], theme: Theme): string =>
	runsOf(cells)
		.map(({at, text, display}) => {
			const width = Array.from(text).length * cell.width;
			const ground =
				display.background === theme.background
					? ''
					: `<path fill="${display.background}" d="M${at * cell.width} 0h${width}v${cell.height}h-${width}z"/>`;
			if (isBlock(text)) return `${ground}<path fill="${display.foreground}" d="${blocks(text, at)}"/>`;
			if (isFrame(text))
				return `${ground}<path fill="none" stroke="${display.foreground}" d="${frameLines(text, at)}"/>`;
			const style = [
				display.bold && 'font-weight="bold"',
				inkOf(display) !== theme.foreground && `fill="${inkOf(display)}"`,
			];
			const written = words(text, at).map(({at: column, word}) => {
				const length = Array.from(word).length * cell.width;
				const attributes = [`x="${column * cell.width}"`, 'y="13"', `textLength="${length}"`, ...style.filter(Boolean)];
				return `<text ${attributes.join(' ')}>${escape(word)}</text>`;
			});
			return ground + written.join('');
		})
		.join('');

/** Pixels. */
export const sizeOf = ({columns, rows}: {readonly columns: number; readonly rows: number}) => ({
	width: columns * cell.width + 2 * padding,
	height: rows * cell.height + 2 * padding,
});
export const besideWidth = 232;
const gap = 16;

/**
 * A recording as an SVG that moves by itself: all shots lie side by side as on a film, which is pulled along in steps.
 * What occurs more than once is drawn once.
 */
export const toSvg = (
	shots: readonly Shot[],
	{
		columns,
		rows,
		theme,
		title,
	}: {readonly columns: number; readonly rows: number; readonly theme: Theme; readonly title: string},
): string => {
	const {width, height} = sizeOf({columns, rows});
	const hasBeside = shots.some(({beside}) => beside !== undefined);
	const whole = hasBeside ? width + gap + besideWidth : width;
	const drawn = new Map<string, string>();
	const use = (picture: string, y: number): string => {
		if (picture === '') return '';
		const id = drawn.get(picture) ?? `r${drawn.size}`;
		drawn.set(picture, id);
		return `<use href="#${id}"${y === 0 ? '' : ` y="${y}"`}/>`;
	};
	const film = (draw: (shot: Shot) => string) =>
		shots
			.map((shot, index) => `<g${index === 0 ? '' : ` transform="translate(${index * whole})"`}>${draw(shot)}</g>`)
			.join('\n');
	const terminal = film(({rows, cursor}) => {
		const used = rows.map((cells, row) => use(drawRow(cells, theme), row * cell.height));
		const block =
			cursor &&
			`<path fill="${theme.foreground}" d="M${cursor.column * cell.width} ${cursor.row * cell.height + 1}h${cell.width}v${cell.height - 2}h-${cell.width}z"/>`;
		return used.join('') + (block ?? '');
	});
	const beside = hasBeside
		? `<svg x="${width + gap}" width="${besideWidth}" height="${height}"><g class="film">
${film(shot => use(shot.beside ?? '', 0))}
</g></svg>
`
		: '';

	const total = shots.reduce((sum, {lasts}) => sum + lasts, 0);
	let passed = 0;
	const steps = shots.map(({lasts}, index) => {
		const at = ((passed / total) * 100).toFixed(3);
		passed += lasts;
		return `${at}%{transform:translate(-${index * whole}px)}`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${height}" width="${whole}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>
svg{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:${theme.foreground}}
.s{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
path[fill^='#']{shape-rendering:crispEdges}
@media (prefers-reduced-motion:no-preference){.film{animation:play ${total.toFixed(2)}s step-end infinite}}
@keyframes play{${steps.join('')}}
</style>
<defs>
${[...drawn].map(([picture, id]) => `<g id="${id}">${picture}</g>`).join('\n')}
</defs>
<rect width="${width}" height="${height}" rx="8" fill="${theme.background}"/>
<svg x="${padding}" y="${padding}" width="${width - 2 * padding}" height="${height - 2 * padding}"><g class="film">
${terminal}
</g></svg>
${beside}</svg>
`;
};
