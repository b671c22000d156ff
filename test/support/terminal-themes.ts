import type {Theme} from './terminal-emulator.js';

/** The usual eight colours and bright white; of the other bright ones the screens use none. */
const theme = (foreground: string, background: string, colours: string): Theme => {
	const nine = colours.split(' ').map(colour => `#${colour}`);
	return {
		foreground: `#${foreground}`,
		background: `#${background}`,
		palette: [...nine.slice(0, 8), ...nine.slice(0, 7), ...nine.slice(8)],
	};
};

/** Themes as their programs ship them: foreground, background, then black to white, and bright white. */
export const terminalThemes: Readonly<Record<string, Theme>> = {
	xterm: theme('e5e5e5', '000000', '000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 ffffff'),
	'GNOME, light': theme('171421', 'ffffff', '171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc ffffff'),
	'macOS Terminal, Basic': theme('000000', 'ffffff', '000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf e6e6e6'),
	'Windows Terminal, Campbell': theme(
		'cccccc',
		'0c0c0c',
		'0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc f2f2f2',
	),
	'VS Code, dark': theme('cccccc', '1e1e1e', '000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 e5e5e5'),
	'VS Code, light': theme('333333', 'ffffff', '000000 cd3131 107c10 949800 0451a5 bc05bc 0598bc 555555 a5a5a5'),
	'Solarized, dark': theme('839496', '002b36', '073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 fdf6e3'),
	Dracula: theme('f8f8f2', '282a36', '21222c ff5555 50fa7b f1fa8c bd93f9 ff79c6 8be9fd f8f8f2 ffffff'),
};

/** Its own text has less contrast than anybody asks for; nothing of ours may have less than that. */
export const solarizedLight = theme(
	'657b83',
	'fdf6e3',
	'073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 fdf6e3',
);
