/**
 * The picker before Ink: it stands on the terminal while Ink is loaded, which takes five times as long.
 *
 *     cli.ts ─► openPicker ─► planLogin ─► LoginPlan ─► rows on the terminal, keys collected
 *                                             │                 │
 *     main.ts ─► login.ts ◄───────────────────┘                 │ handOver: the keys go back to stdin,
 *                   └─► Ink's <FlowPicker> ◄────────────────────┘ and Ink's first frame replaces the rows
 *
 * It decides nothing: the plan says what is offered, `login.ts` goes on with the same plan, and both pickers are laid out
 * by `layout/picker.ts`. It understands no key but Ctrl-C: Ink reads the others.
 */
import path from 'node:path';
import type {ReadStream} from 'node:tty';
import {consentHeader} from '../../layout/header.js';
import {firstPossible} from '../../layout/options.js';
import {layOutPicker, pickerOptions, reasonToSay, recommendationBy} from '../../layout/picker.js';
import {lineWidth} from '../../layout/line.js';
import {displayOf} from '../../layout/theme.js';
import {initialLoginState} from '../../login/state.js';
import {nodeFileSystem} from '../../session/store/file-system.js';
import {readPreferencesFile, readSessionFile, stateDirectory} from '../../session/store/session-file.js';
import {detectEnvironment} from '../../terminal/environment.js';
import {colourLevel, type ColourLevel} from '../../terminal/capabilities.js';
import {guardTerminal} from '../../terminal/restore.js';
import {parseCommandLine, type CommandLine} from '../parse-args.js';
import {planLogin, recommendBy, type LoginPlan, type Saved} from '../login-plan.js';
import {paintLines, showRows} from './show-rows.js';

/** The picker on the terminal, until something else takes its place. */
export type Picker = {
	readonly plan: LoginPlan;
	/** Collects keys, and makes a signal of Ctrl-C; until then they wait in the terminal. */
	takeKeys(): void;
	/** Writes to stderr; where that is the terminal too, above the picker. */
	writeAbove(text: string): void;
	/** Takes it off the terminal. */
	erase(): void;
	/** Leaves the keys to Ink, and the rows to Ink's first frame. */
	handOver(): void;
};

/** What the profile has saved, where files alone tell; undefined where the keyring must be asked. */
const readSaved = ({values, profile}: CommandLine): Saved | undefined => {
	if (values.store === 'memory') return {session: undefined, preferences: {}};
	const directory = path.resolve(stateDirectory(process.env, process.platform));
	const file = readSessionFile(nodeFileSystem, directory, profile);
	if (file !== undefined && !('session' in file)) return undefined;
	return {session: file?.session, preferences: readPreferencesFile(nodeFileSystem, directory, profile)};
};

/** The rows for a window; none where it is so narrow that Ink cuts them. */
const drawer = (plan: LoginPlan, colours: ColourLevel) => {
	const display = displayOf({});
	const recommendation = recommendationBy(recommendBy(plan), initialLoginState);
	const options = pickerOptions(initialLoginState, {...plan, recommendation}, display);
	const asking = consentHeader(initialLoginState, plan.provider, display);
	const reason = reasonToSay(recommendation, display);
	const picker = {asking, options, selected: firstPossible(options), reason};
	return (columns: number, rows: number): readonly string[] => {
		const {top} = layOutPicker({columns, rows}, picker, display);
		return top.every(line => lineWidth(line) <= columns) ? paintLines(top, display, colours) : [];
	};
};

const interrupt = 0x03;

/**
 * Collects what is typed until Ink reads it. Ctrl-C, in raw mode a key like others, becomes the signal that it would be.
 *
 * @returns gives the keys back to stdin, and stops
 */
const collectKeys = (stdin: ReadStream): (() => void) => {
	const typed: Buffer[] = [];
	const take = () => {
		for (let chunk; (chunk = stdin.read() as Buffer | null) !== null;) {
			// Inside a chunk it is part of a sequence of the terminal's, or of a paste.
			if (chunk[0] === interrupt || chunk.at(-1) === interrupt) process.emit('SIGINT', 'SIGINT');
			else typed.push(chunk);
		}
	};
	stdin.on('readable', take);
	return () => {
		stdin.off('readable', take);
		if (typed.length > 0) stdin.unshift(Buffer.concat(typed));
	};
};

/** Shows the picker, if that is what comes first and no keyring has to be asked for it; undefined otherwise. */
export const openPicker = (argv: readonly string[]): Picker | undefined => {
	try {
		const environment = detectEnvironment();
		const {stdin, stdout} = process;
		// A terminal that does not know its size gets Ink's guess, later.
		if (!environment.tty.stdin || !environment.tty.stdout || !stdout.columns || !stdout.rows) return undefined;
		const line = parseCommandLine(argv);
		const saved = readSaved(line);
		const plan = saved && planLogin(line, {environment, stdin})(saved);
		if (plan?.flow !== 'ask') return undefined;
		const draw = drawer(plan, colourLevel(environment));
		guardTerminal({output: stdout.fd});
		stdin.setRawMode(true);
		const rows = showRows(stdout, () => draw(stdout.columns, Math.max(1, stdout.rows - 1)));
		let giveBack: (() => void) | undefined;
		return {
			plan,
			takeKeys() {
				giveBack = collectKeys(stdin);
			},
			writeAbove(text) {
				if (environment.tty.stderr) rows.writeAbove(text);
				else process.stderr.write(text);
			},
			erase: () => rows.erase(),
			handOver() {
				giveBack?.();
				rows.replaceByNextFrame();
			},
		};
	} catch {
		// The login will meet the same problem, and say so.
		return undefined;
	}
};
