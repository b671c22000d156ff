import path from 'node:path';
import type {Size} from '../components/frame.js';
import {askingOf} from '../components/header.js';
import {
	firstPossible,
	layOutPicker,
	pickerOptions,
	reasonToSay,
	selectedBy,
	type Choice,
	type Option,
} from '../components/lay-out-picker.js';
import {lineWidth} from '../components/line.js';
import {lookOf} from '../components/look.js';
import {paintLines} from '../components/paint.js';
import {initialLoginState} from '../engine/login-state.js';
import {differenceOf} from '../engine/session-difference.js';
import type {StoredSession} from '../engine/token-store.js';
import {nodeFileSystem} from '../store/file-system.js';
import {readPreferencesFile, readSessionFile} from '../store/read-profile.js';
import {storeHome} from '../store/store-home.js';
import {gatherFacts, type Facts} from '../terminal/facts.js';
import {colourLevel} from '../terminal/screen.js';
import {describeSituation, personIsThere, recommend} from '../terminal/situation.js';
import {guardTerminal} from '../terminal/terminal-guard.js';
import {secretSourceOf} from './client-secret.js';
import {parseCommandLine} from './command-line.js';
import {takeEarlyKeys} from './early-keys.js';
import {createEarlyScreen, type EarlyScreen} from './early-screen.js';
import {readProvider} from './provider.js';
import {viewOf} from './view.js';

const everythingPossible = {browser: true, device: true, 'client-credentials': true, password: true} as const;

/** What the store knows of the profile, where a file alone tells; undefined where the store must be asked. */
const recall = (directory: string, profile: string): {readonly stored?: StoredSession} | undefined => {
	const file = readSessionFile(nodeFileSystem, directory, profile);
	if (file === undefined) return {};
	return 'session' in file ? {stored: file.session} : undefined;
};

/** The picker before Ink and the engine are loaded. */
export type EarlyPicker = EarlyScreen & {
	/** Calls `listener` when Ctrl-C is pressed, also where that was before this call. */
	onInterrupt(listener: () => void): void;
	/** Leaves the keys to the next reader; returns what is selected. */
	handOver(): Choice | undefined;
};

type Layout = {
	readonly options: readonly Option[];
	/** The rows for a window, with one of the options selected; undefined where it is too narrow, and Ink would cut them. */
	readonly draw: (selected: number, size: Size) => readonly string[] | undefined;
};

/** The picker as the screen will draw it first; undefined where it is not the picker that comes. */
const layOut = (argv: readonly string[], facts: Facts): Layout | undefined => {
	const {command, values, profile} = parseCommandLine(argv);
	const view = viewOf(values, facts, false);
	if (command !== 'ask' || view.kind !== 'screen' || view.stream !== 'stdout') return undefined;
	if ((values.flow ?? 'auto') !== 'auto' || secretSourceOf(values) !== undefined) return undefined;
	const {env, platform} = process;
	const directory = path.resolve(storeHome(env, platform));
	const isKept = values.store !== 'memory';
	const known = isKept ? recall(directory, profile) : {};
	const provider = known && readProvider(values)(known.stored?.provider);
	if (known === undefined || provider === undefined) return undefined;

	const {stored} = known;
	const isCurrent = stored !== undefined && stored.dead !== true && differenceOf(stored, provider) === undefined;
	const {route: preferred} = isKept ? readPreferencesFile(nodeFileSystem, directory, profile) : {};
	const recommendation = recommend(describeSituation(facts), everythingPossible, {
		personIsThere: personIsThere(facts),
		...(preferred !== undefined && {preferred}),
	});
	const look = lookOf({});
	const hints = {recommendation, currentIdentity: isCurrent ? stored.tokens.identity : undefined};
	const options = pickerOptions(initialLoginState, hints, look);
	const asking = askingOf(initialLoginState, provider, look);
	const reason = reasonToSay(recommendation);
	return {
		options,
		draw(selected, size) {
			const {top} = layOutPicker(size, {asking, options, selected, reason, notice: undefined, look});
			const fits = top.every(line => lineWidth(line) <= size.columns);
			return fits ? paintLines(top, look, colourLevel(facts)) : undefined;
		},
	};
};

/**
 * Draws the picker before Ink and the engine are loaded: its first frame is known without them, and so is what an arrow
 * or a digit changes in it. All other keys wait until Ink reads them.
 *
 * @returns undefined where something else comes first, or may; the usual way leads there
 */
export const drawEarly = (argv: readonly string[]): EarlyPicker | undefined => {
	try {
		const facts = gatherFacts();
		if (!facts.tty.stdin || !facts.tty.stdout) return undefined;
		const {stdin, stdout} = process;
		// A terminal that does not know its size gets Ink's guess, later.
		if (!stdout.columns || !stdout.rows) return undefined;
		const layout = layOut(argv, facts);
		if (layout === undefined) return undefined;
		const {options} = layout;
		let selected = firstPossible(options);
		const draw = () => layout.draw(selected, {columns: stdout.columns, rows: Math.max(1, stdout.rows - 1)});
		const first = draw();
		if (first === undefined) return undefined;
		guardTerminal({output: stdout.fd});
		stdin.setRawMode(true);
		const screen = createEarlyScreen(first, stdout, facts.tty.stderr);
		const redraw = () => {
			const lines = draw();
			if (lines !== undefined) screen.redraw(lines);
		};
		stdout.on('resize', redraw);
		let wasInterrupted = false;
		let tellInterrupt: (() => void) | undefined;
		const keys = takeEarlyKeys(stdin, {
			onMove(key) {
				selected = selectedBy(key, options, selected) ?? selected;
				redraw();
			},
			onInterrupt() {
				wasInterrupted = true;
				tellInterrupt?.();
			},
		});
		return {
			...screen,
			onInterrupt(listener) {
				tellInterrupt = listener;
				if (wasInterrupted) listener();
			},
			handOver() {
				stdout.off('resize', redraw);
				keys.handOver();
				return options[selected]?.choice;
			},
		};
	} catch {
		// Whatever it is, the usual way meets it too, and tells it.
		return undefined;
	}
};
