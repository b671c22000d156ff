import type {Cell, Theme} from '../support/terminal-emulator.js';
import type {Shot} from './recorder.js';

/** Pixels; whole ones, so that blocks meet without a hairline. */
const cell = {width: 8, height: 18};
const padding = 16;

const escape = (text: string): string => text.replaceAll(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);

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
				display.foreground !== theme.foreground && `fill="${display.foreground}"`,
			];
			const written = words(text, at).map(({at: column, word}) => {
				const length = Array.from(word).length * cell.width;
				const attributes = [`x="${column * cell.width}"`, 'y="13"', `textLength="${length}"`, ...style.filter(Boolean)];
				return `<text ${attributes.join(' ')}>${escape(word)}</text>`;
			});
			return ground + written.join('');
		})
		.join('');

/**
 * A recording as an SVG that moves by itself: all shots lie side by side as on a film, which is pulled along in steps.
 * Each row that occurs more than once is drawn once.
 */
export const toSvg = (
	shots: readonly Shot[],
	{
		columns,
		rows,
		poster,
		theme,
		title,
	}: {
		readonly columns: number;
		readonly rows: number;
		readonly poster: number;
		readonly theme: Theme;
		readonly title: string;
	},
): string => {
	const inner = {width: columns * cell.width, height: rows * cell.height};
	const outer = {width: inner.width + 2 * padding, height: inner.height + 2 * padding};
	const drawn = new Map<string, string>();
	const film = shots.map((shot, index) => {
		const used = shot.rows.flatMap((cells, row) => {
			const picture = drawRow(cells, theme);
			if (picture === '') return [];
			const id = drawn.get(picture) ?? `r${drawn.size}`;
			drawn.set(picture, id);
			return [`<use href="#${id}" y="${row * cell.height}"/>`];
		});
		const {cursor} = shot;
		const block =
			cursor &&
			`<path fill="${theme.foreground}" d="M${cursor.column * cell.width} ${cursor.row * cell.height + 1}h${cell.width}v${cell.height - 2}h-${cell.width}z"/>`;
		return `<g transform="translate(${index * outer.width})">${used.join('')}${block ?? ''}</g>`;
	});

	const total = shots.reduce((sum, {lasts}) => sum + lasts, 0);
	let passed = 0;
	const steps = shots.map(({lasts}, index) => {
		const at = ((passed / total) * 100).toFixed(3);
		passed += lasts;
		return `${at}%{transform:translate(-${index * outer.width}px)}`;
	});
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${outer.width} ${outer.height}" width="${outer.width}" height="${outer.height}" role="img">
<title>${escape(title)}</title>
<style>
svg{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:${theme.foreground}}
path[fill^='#']{shape-rendering:crispEdges}
.film{transform:translate(-${poster * outer.width}px)}
@media (prefers-reduced-motion:no-preference){.film{animation:play ${total.toFixed(2)}s step-end infinite}}
@keyframes play{${steps.join('')}}
</style>
<defs>
${[...drawn].map(([picture, id]) => `<g id="${id}">${picture}</g>`).join('\n')}
</defs>
<rect width="${outer.width}" height="${outer.height}" rx="8" fill="${theme.background}"/>
<svg x="${padding}" y="${padding}" width="${inner.width}" height="${inner.height}"><g class="film">
${film.join('\n')}
</g></svg>
</svg>
`;
};
