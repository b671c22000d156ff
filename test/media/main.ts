import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {approveDevice} from '../../source/demo/approve.js';
import {addPages} from '../../source/demo/pages.js';
import {demoUser} from '../../source/demo/server.js';
import {startNamedServer} from '../support/named-server.js';
import {drawCamera, drawIdle, drawShell, openBrowser, type Browser, type Device} from './browser.js';
import {castTheme, toCast} from './cast.js';
import {record, type Recorder} from './recorder.js';
import {besideWidth, sizeOf, toSvg, type Look} from './svg.js';

/**
 * `npm run media`: records real programs in a pseudo-terminal, with real pages in a real browser beside it, and writes
 * each recording as an SVG for light and for dark pages, and as a `.cast` for `asciinema play`. With names as arguments,
 * only those.
 */
const palette = (colours: string): string[] => {
	const eight = colours.split(' ').map(colour => `#${colour}`);
	return [...eight, ...eight.slice(0, 7), '#ffffff'];
};
const looks: Readonly<Record<string, Look>> = {
	dark: {
		isDark: true,
		foreground: '#e6edf3',
		background: '#161b22',
		palette: palette('484f58 ff7b72 3fb950 d29922 58a6ff bc8cff 39c5cf b1bac4'),
		frame: '#2b313a',
		line: '#444c56',
		faint: '#545d68',
		touch: '#39c5cf',
	},
	light: {
		isDark: false,
		foreground: '#1f2328',
		background: '#f6f8fa',
		palette: palette('24292f cf222e 116329 7d4e00 0969da 8250df 3192aa 6e7781'),
		frame: '#e1e4e8',
		line: '#c4c9cf',
		faint: '#b3b9c0',
		touch: '#3192aa',
	},
};

type Stage = Recorder & {
	/** Where there is a device. */
	readonly browser: Browser | undefined;
	/** A phone that sees a QR code. */
	readonly scan: (link: string) => void;
	/** A terminal of one's own in which a command runs. */
	readonly runHere: (command: string) => void;
	/** Approves on the page that is open: as it is, with a finger on the button, and what comes then. */
	readonly approve: (heading: string) => Promise<void>;
};

type Scene = {
	readonly title: string;
	readonly columns: number;
	readonly rows: number;
	readonly prompt?: string;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** What is beside the terminal, with the pages of Acme's server. @default nothing, and no such server */
	readonly device?: Device;
	readonly play: (stage: Stage) => Promise<void>;
};

const host = 'id.acme.dev';
const signedIn = /Signed in to Acme as Alice Demo[^]*\n\S*\$ *$/;
const found = (text: string, pattern: RegExp): string => {
	const [match] = pattern.exec(text) ?? [];
	if (match === undefined) throw new Error(`${String(pattern)} is not in\n${text}`);
	return match;
};
const picker = /keep you signed in[^]*❯ 1/;
const userCode = /\b[A-Z]{4}-[A-Z]{4}\b/;
const shortLink = /http:\/\/127\.0\.0\.1:\d+\/\w+/;
const verificationLink = (text: string) => `https://${host}/device?user_code=${found(text, userCode)}`;

const scenes: Readonly<Record<string, Scene>> = {
	code: {
		title: 'A program signs in with a code: a phone scans it and approves, and the terminal goes on',
		columns: 78,
		rows: 22,
		device: 'phone',
		async play({terminal, browser, typeLine, show, hold, beside, scan, poster, approve}) {
			await typeLine('acme login --device');
			const text = await terminal.waitFor(/min left/);
			scan(verificationLink(text));
			await show(/Checking every/, 2.8);
			poster();
			await browser!.page.goto(verificationLink(text));
			beside(await browser!.draw());
			hold(2.2);
			await show(/Checked 1 time/, 1);
			await approve('Approved');
			hold(1.6);
			await show(signedIn, 5);
		},
	},
	browser: {
		title: 'A program signs in by the browser of this computer, and the terminal goes on',
		columns: 78,
		rows: 20,
		device: 'window',
		async play({terminal, browser, typeLine, show, hold, beside, poster, approve}) {
			await typeLine('acme login');
			await show(picker, 1.6);
			terminal.write('\r');
			const text = await show(/continues by itself/, 0.8);
			await browser!.page.goto(found(text, shortLink));
			beside(await browser!.draw());
			hold(3);
			poster();
			await approve('Signed in to Acme as Alice Demo');
			await show(signedIn, 5);
		},
	},
	ssh: {
		title: 'Over SSH: a program says which ssh command brings the browser of your own computer here',
		columns: 78,
		rows: 20,
		prompt: 'build-7$ ',
		env: {SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22', DISPLAY: undefined, BROWSER: undefined},
		device: 'window',
		async play({terminal, browser, typeLine, show, hold, beside, runHere, poster, approve}) {
			runHere('');
			await typeLine('acme login');
			await show(picker, 3);
			terminal.write('2');
			const text = await show(/continues by itself/, 2);
			runHere(found(text, /ssh -N .*@\S+/));
			hold(3);
			poster();
			await browser!.page.goto(found(text, shortLink));
			beside(await browser!.draw());
			hold(2.2);
			await approve('Signed in to Acme as Alice Demo');
			await show(signedIn, 5);
		},
	},
	'two-flows': {
		title: 'Two flows at once: a code and the browser both wait, and the first to finish wins',
		columns: 78,
		rows: 24,
		device: 'window',
		async play({terminal, browser, typeLine, show, beside, poster, approve}) {
			await typeLine('acme login --device');
			await show(/min left/, 2.2);
			terminal.write('b');
			const text = await show(/continues by itself[^]*Also with code/, 2);
			await browser!.page.goto(found(text, shortLink));
			beside(await browser!.draw());
			terminal.write('d');
			await show(/Also in your browser/, 3.2);
			poster();
			await approve('Signed in to Acme as Alice Demo');
			await show(signedIn, 5);
		},
	},
	embedded: {
		title: 'An app of its own with the login in one of its panes',
		columns: 100,
		rows: 27,
		async play({terminal, typeLine, show, poster}) {
			await typeLine('npm run --silent demo:embedded');
			await show(/❯ 1[^]*keep you signed in/, 1.8);
			terminal.write('\t');
			await show(/q quit/, 0.8);
			for (const room of ['Workshop', 'Garden']) {
				terminal.write('\u001B[B');
				await show(new RegExp(`> ${room}`), 0.7);
			}

			terminal.write('\t');
			await terminal.waitFor(({text}) => !text.includes('q quit'));
			terminal.write('2');
			const text = await show(/min left/, 3);
			poster();
			await show(/Checked 1 time/, 3);
			await approveDevice('http://127.0.0.1:53114', found(text, userCode));
			await show(/looks after the garden/, 5);
		},
	},
};

const ordered = Object.values(looks);

/** Acme's server, and a browser that finds it. */
const recordWith = async (scene: Scene, device: Device) => {
	const size = {width: besideWidth, height: sizeOf(scene).height};
	await using acme = await startNamedServer(host, {client: {id: 'acme-cli'}, user: demoUser});
	addPages(acme.server, demoUser.name, 'Acme');
	await using browser = await openBrowser(device, size, ordered, {host, port: acme.port});
	const env = {...scene.env, HTTPS_PROXY: acme.proxy.url, NODE_EXTRA_CA_CERTS: acme.ca.caFile};
	return await record({...scene, themes: [...ordered, castTheme], env}, async recorder => {
		const {beside, hold} = recorder;
		beside(ordered.map(look => drawIdle(device, size, look)));
		await scene.play({
			...recorder,
			browser,
			scan(link) {
				beside(ordered.map(look => drawCamera(link, size, look)));
			},
			runHere(command) {
				beside(ordered.map(look => drawShell(`laptop$ ${command}`, size, look)));
			},
			async approve(heading) {
				const button = browser.page.getByRole('button', {name: 'Approve', exact: true});
				beside(await browser.draw(button));
				hold(0.7);
				await button.click();
				await browser.page.getByRole('heading', {name: heading}).waitFor();
				beside(await browser.draw());
			},
		});
	});
};

const recordAlone = async (scene: Scene) =>
	record({...scene, themes: [...ordered, castTheme]}, async recorder =>
		scene.play({
			...recorder,
			browser: undefined,
			scan: () => undefined,
			runHere: () => undefined,
			approve: async () => undefined,
		}),
	);

const media = path.join(path.dirname(path.dirname(import.meta.dirname)), 'media');
await mkdir(media, {recursive: true});
const wanted = process.argv.slice(2);
for (const [name, scene] of Object.entries(scenes)) {
	if (wanted.length > 0 && !wanted.includes(name)) continue;
	const recording = await (scene.device === undefined ? recordAlone(scene) : recordWith(scene, scene.device));
	await writeFile(path.join(media, `${name}.cast`), toCast(recording.shots.at(-1) ?? [], scene));
	for (const [index, [display, theme]] of Object.entries(looks).entries()) {
		const shots = recording.shots[index] ?? [];
		const svg = toSvg([...shots.slice(recording.poster), ...shots.slice(0, recording.poster)], {...scene, theme});
		const file = `${name}-${display}.svg`;
		await writeFile(path.join(media, file), svg);
		process.stdout.write(`${file}  ${Math.round(svg.length / 1024)} KB, ${shots.length} shots\n`);
	}
}
