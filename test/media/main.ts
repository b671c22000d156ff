import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {approveDevice} from '../../source/demo/approve.js';
import type {Theme} from '../support/terminal-emulator.js';
import {record, type Recorder} from './recorder.js';
import {toSvg} from './svg.js';

/**
 * `npm run media`: records the real program in a pseudo-terminal, against the embedded server, and writes each recording
 * as an SVG for light and for dark pages. With names as arguments, only those.
 */
const palette = (colours: string): string[] => {
	const eight = colours.split(' ').map(colour => `#${colour}`);
	return [...eight, ...eight.slice(0, 7), '#ffffff'];
};
const themes: Readonly<Record<string, Theme>> = {
	dark: {
		foreground: '#e6edf3',
		background: '#161b22',
		palette: palette('484f58 ff7b72 3fb950 d29922 58a6ff bc8cff 39c5cf b1bac4'),
	},
	light: {
		foreground: '#1f2328',
		background: '#f6f8fa',
		palette: palette('24292f cf222e 116329 7d4e00 0969da 8250df 1b7c83 6e7781'),
	},
};

type Scene = {
	readonly title: string;
	readonly columns: number;
	readonly rows: number;
	readonly play: (recorder: Recorder) => Promise<void>;
};

const signedIn = /Signed in to[^]*\n\$ *$/;

const scenes: Readonly<Record<string, Scene>> = {
	code: {
		title: 'ink-login demo: a code for another device',
		columns: 80,
		rows: 28,
		async play({terminal, typeLine, show, poster}) {
			await typeLine('ink-login demo');
			await show(/may:[^]*❯ 1/, 1.6);
			terminal.write('2');
			await show(/❯ 2/, 0.9);
			terminal.write('\r');
			await show(/ 9:59 left/, 2.4);
			poster();
			for (const second of [58, 57, 56, 55]) await show(new RegExp(` 9:${second} left`), 1);
			terminal.write('a');
			await show(signedIn, 5);
		},
	},
	browser: {
		title: 'ink-login demo: the browser of this computer',
		columns: 80,
		rows: 17,
		async play({terminal, typeLine, show, poster}) {
			await typeLine('ink-login demo');
			await show(/may:[^]*❯ 1/, 1.8);
			terminal.write('\r');
			await show(/4:59 left/, 2);
			poster();
			for (const second of [58, 57, 56]) await show(new RegExp(` 4:${second} left`), 1);
			terminal.write('a');
			await show(signedIn, 5);
		},
	},
	'two-flows': {
		title: 'ink-login demo: two flows at once, and the first to finish wins',
		columns: 80,
		rows: 30,
		async play({terminal, typeLine, show, poster}) {
			await typeLine('ink-login demo --flow device');
			await show(/ 9:59 left/, 2.4);
			terminal.write('?');
			await show(/b use this computer/, 1.6);
			terminal.write('b');
			await show(/4:5\d left/, 3);
			poster();
			await show(/4:56 left/, 2);
			terminal.write('a');
			await show(signedIn, 5);
		},
	},
	embedded: {
		title: 'An app of its own with the login in one of its panes',
		columns: 96,
		rows: 30,
		async play({terminal, typeLine, show, poster}) {
			await typeLine('npm run --silent demo:embedded');
			await show(/may:[^]*❯ 1/, 1.8);
			terminal.write('\t');
			await show(/q quit/, 0.8);
			for (const room of ['Workshop', 'Garden']) {
				terminal.write('\u001B[B');
				await show(new RegExp(`> ${room}`), 0.7);
			}

			terminal.write('\t');
			await terminal.waitFor(({text}) => !text.includes('q quit'));
			terminal.write('2');
			await show(/❯ 2/, 0.8);
			terminal.write('\r');
			const text = await show(/ 9:59 left/, 2.4);
			poster();
			for (const second of [58, 57, 56]) await show(new RegExp(` 9:${second} left`), 1);
			const [userCode = ''] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(text) ?? [];
			await approveDevice('http://127.0.0.1:53114', userCode);
			await show(/looks after the garden/, 5);
		},
	},
};

const media = path.join(path.dirname(path.dirname(import.meta.dirname)), 'media');
await mkdir(media, {recursive: true});
const wanted = process.argv.slice(2);
for (const [name, scene] of Object.entries(scenes)) {
	if (wanted.length > 0 && !wanted.includes(name)) continue;
	const recording = await record({...scene, themes: Object.values(themes)}, scene.play);
	for (const [index, [display, theme]] of Object.entries(themes).entries()) {
		const svg = toSvg(recording.shots[index] ?? [], {...scene, poster: recording.poster, theme});
		const file = `${name}-${display}.svg`;
		await writeFile(path.join(media, file), svg);
		process.stdout.write(`${file}  ${Math.round(svg.length / 1024)} KB, ${recording.shots[index]?.length} shots\n`);
	}
}
