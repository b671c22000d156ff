import {isTypedFlow} from '../core/types.js';
import {createInterface, type Interface} from 'node:readline';
import {Writable, type Readable} from 'node:stream';
import type {EventOf} from '../login/events.js';
import type {LoginRun} from '../login/flow.js';
import type {LoginState} from '../login/state.js';
import {stopForShell} from './restore.js';

/** The link of the page where a browser ended, with or without its beginning, or what stands behind its `?`. */
const redirect = /^\s*(\S+:\/\/\S|\?\S*=|(\S*[?&])?(code|error|state)=|\S+\.\S+\/\S*\?)/i;

/** Whether a text may be what a browser flow waits for. */
export const looksLikeRedirect = (text: string): boolean => redirect.test(text);

/** Echoes nothing. */
const silence = () => new Writable({write: (_chunk, _encoding, done) => done()});

/** What is to be typed now, if anything is. */
const openQuestion = ({flows}: LoginState): EventOf<'question'> | undefined =>
	[flows.password, flows['one-time-code']].find(flow => flow?.phase.status === 'waiting')?.question;

const isHidden = ({asks}: EventOf<'question'>): boolean => asks === 'password' || asks === 'code';

/**
 * Gives a login the lines of an input until disposed: to a question that is open, one line each, which a terminal does
 * not echo where it is secret; otherwise those that look like the redirect's link, as pasted. The end of the input is no
 * cancel, since another flow may need no keyboard, but a flow that needs what is typed or pasted then ends.
 *
 * @param input - undefined where there is none
 */
export const forwardLines = (input: (Readable & {readonly isTTY?: boolean}) | undefined, run: LoginRun): Disposable => {
	/** Lines may come before what they answer is asked. */
	const early: string[] = [];
	const queues = input?.isTTY !== true && isTypedFlow(run.flow);
	let lines: Interface | undefined;
	let hasEnded = input === undefined;
	let asked: EventOf<'question'> | undefined;
	let isAnswered = false;

	const take = (text: string) => {
		if (asked !== undefined && !isAnswered) {
			isAnswered = true;
			run.command({type: 'enter', flow: asked.flow, text});
		} else if (queues) early.push(text);
		else if (looksLikeRedirect(text)) run.command({type: 'paste', text: text.trim()});
	};
	const open = () => {
		lines?.removeAllListeners().close();
		// In raw mode, where Ctrl-C is a key like any other.
		const hides = input?.isTTY === true && asked !== undefined && isHidden(asked);
		lines = input && createInterface({input, ...(hides && {output: silence(), terminal: true})});
		lines?.on('line', take).on('SIGINT', () => void run.cancel());
		// Otherwise readline would stop this process alone, which no shell notices, even if it serves visitors.
		lines?.on('SIGTSTP', () => {
			if (input === process.stdin && process.platform !== 'win32') stopForShell();
		});
		lines?.on('close', () => {
			hasEnded = true;
			look();
			run.command({type: 'paste', text: undefined});
		});
	};
	const look = () => {
		const question = openQuestion(run.state);
		if (question !== asked) {
			const changes = input?.isTTY === true && (question && isHidden(question)) !== (asked && isHidden(asked));
			asked = question;
			isAnswered = false;
			if (changes) open();
		}

		if (asked === undefined || isAnswered) return;
		const text = early.shift();
		if (text !== undefined) take(text);
		else if (hasEnded) {
			isAnswered = true;
			run.command({type: 'enter', flow: asked.flow, text: undefined});
		}
	};

	const onError = () => lines?.close();
	// A terminal that went away counts as the end of the input.
	input?.on('error', onError);
	open();
	const stop = run.subscribe(look);
	look();
	return {
		[Symbol.dispose]() {
			stop();
			lines?.removeAllListeners().close();
			input?.pause();
		},
	};
};
