import {readFile} from 'node:fs/promises';
import path from 'node:path';

/*
 * Plugins for esbuild: what the Ink inside the command does without, each with the same outcome.
 */

/** Of the eighty spinners those that the screens draw (glyphs.ts). */
export const fewSpinners = {
	name: 'few-spinners',
	setup(build) {
		build.onLoad({filter: /cli-spinners\/spinners\.json$/}, async ({path}) => {
			const {dots, line} = JSON.parse(await readFile(path, 'utf8'));
			return {contents: JSON.stringify({dots, line}), loader: 'json'};
		});
	},
};

/** Where DEV is "true", Ink loads React's devtools, which are not installed with the command: it is never so here. */
export const withoutDevtools = {
	name: 'without-devtools',
	setup(build) {
		build.onLoad({filter: /ink\/build\/utils\.js$/}, async ({path}) => {
			const text = await readFile(path, 'utf8');
			if (!/^const isDev = /m.test(text)) throw new Error(`${path} is not what it was.`);
			return {contents: text.replace(/^const isDev = .*$/m, 'const isDev = () => false;')};
		});
		build.onResolve({filter: /^\.\/devtools\.js$/}, ({path}) => ({path, external: true}));
	},
};

/**
 * Yoga asks `fetch` for the assembly that it has inside it, and Node.js takes a while to load what `fetch` is made of.
 * Without one it takes the same from the text itself.
 */
export const yogaWithoutFetch = {
	name: 'yoga-without-fetch',
	setup(build) {
		build.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, async ({path}) => ({
			contents: `const fetch = undefined;\n${await readFile(path, 'utf8')}`,
		}));
	},
};

/** Puts a function of ours before one of a module, which it knows as `original`. */
const before = ({name, filter, declaration, ours}) => ({
	name,
	setup(build) {
		build.onLoad({filter}, async ({path}) => {
			const [head, rest, ...more] = (await readFile(path, 'utf8')).split(`${declaration}(`);
			if (rest === undefined || more.length > 0) throw new Error(`${path} is not what it was.`);
			return {contents: `${head}function original(${rest}${ours}`};
		});
	},
});

/** The next frame has nearly all rows of the one before: each is taken apart once. */
export const rememberedTokens = before({
	name: 'remembered-tokens',
	filter: /ansi-tokenize\/build\/tokenize\.js$/,
	declaration: 'export function tokenize',
	ours: `
const known = new Map();
export function tokenize(text, end) {
	if (end !== undefined) return original(text, end);
	if (known.size > 200) known.clear();
	if (!known.has(text)) known.set(text, original(text));
	return known.get(text);
}
`,
});

/** So is the width of each row and of each character in it. */
export const rememberedWidths = before({
	name: 'remembered-widths',
	filter: /string-width\/index\.js$/,
	declaration: 'export default function stringWidth',
	ours: `
const known = new Map();
export default function stringWidth(text, options) {
	if (options !== undefined || typeof text !== 'string') return original(text, options);
	if (known.size > 2000) known.clear();
	if (!known.has(text)) known.set(text, original(text));
	return known.get(text);
}
`,
});

const blankCell = /\{\s*type: 'char',\s*value: ' ',\s*fullWidth: false,\s*styles: \[\],\s*\}/;

/** A frame begins as two thousand blank cells: they may be one and the same, since Ink replaces cells and changes none. */
export const oneBlankCell = {
	name: 'one-blank-cell',
	setup(build) {
		build.onLoad({filter: /ink\/build\/output\.js$/}, async ({path}) => {
			const text = await readFile(path, 'utf8');
			const [cell] = blankCell.exec(text) ?? [];
			if (cell === undefined) throw new Error(`${path} is not what it was.`);
			return {contents: `${text.replace(cell, 'blankCell')}\nconst blankCell = Object.freeze(${cell});`};
		});
	},
};

/** Half of what Ink does for a frame is to compare the styles of cells that have the same. */
export const sharedStyles = {
	name: 'shared-styles',
	setup(build) {
		build.onLoad({filter: /ansi-tokenize\/build\/styledChars\.js$/}, async ({path: original}) => ({
			contents: await readFile(path.join(import.meta.dirname, 'styled-chars.js'), 'utf8'),
			resolveDir: path.dirname(original),
		}));
	},
};
