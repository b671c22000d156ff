import {render} from 'ink';
import {homedir} from 'node:os';
import {useState, type ReactNode} from 'react';
import {toLoginError, type LoginError} from '../../core/errors.js';
import {safeUrl} from '../../core/safe-url.js';
import {FrameView} from '../../components/frame.js';
import {useBracketedPaste, useKeys, usePresses} from '../../hooks/use-keys.js';
import {useList} from '../../hooks/use-list.js';
import {useScreen, type Screen} from '../../hooks/use-screen.js';
import {useTextField} from '../../hooks/use-text-field.js';
import {block, gap} from '../../layout/fit.js';
import {gridOf} from '../../layout/header.js';
import {runKey, type Key} from '../../layout/keys.js';
import {indent} from '../../layout/line.js';
import {layOutList} from '../../layout/options.js';
import {layOutQuestion} from '../../layout/question.js';
import {displayText, unstopped} from '../../core/safe-text.js';
import type {Notice} from '../../layout/status.js';
import type {LoginTerminal} from '../../login/terminal.js';
import {resizable} from '../../terminal/ink-output.js';
import {guardTerminal} from '../../terminal/restore.js';
import {answerToUrl, nextQuestion, type Answers, type SignInPlace, type Question} from './questions.js';

/** What the first run came to; undefined where the person left. */
type FirstRunOutcome =
	| {readonly kind: 'answers'; readonly answers: Answers}
	| {readonly kind: 'profile'; readonly profile: string}
	| {readonly kind: 'demo'};

type FirstRunProps = {
	readonly places: readonly SignInPlace[];
	readonly terminal: Pick<LoginTerminal, 'openBrowser'>;
	/** Rejects with why nothing to sign in to is found with these answers; resolves to the URL where it is a resource's. */
	readonly check: (answers: Answers, signal: AbortSignal) => Promise<string | undefined>;
	readonly onEnd: (outcome: FirstRunOutcome | undefined) => void;
};

/** Asks where to sign in, then what is missing for that. */
function FirstRun({places, onEnd, ...props}: FirstRunProps): ReactNode {
	const screen = useScreen({});
	// One step for each answer, so that Escape takes the last one back.
	const [steps, setSteps] = useState<readonly Answers[]>([]);
	const answers = steps.at(-1);
	const question = answers && nextQuestion(answers);
	useKeys({
		onKey(key) {
			if (key === 'ctrl+c' || (key === 'escape' && question === undefined)) onEnd(undefined);
		},
	});
	const take = (next: Answers) => {
		setSteps([...steps, next]);
		if (nextQuestion(next) === undefined) onEnd({kind: 'answers', answers: next});
	};
	const choose = (index: number) => {
		const place = places[index];
		if (place?.kind === 'demo') onEnd({kind: 'demo'});
		else if (place?.kind === 'profile') onEnd({kind: 'profile', profile: place.profile});
		else if (place) take(place.kind === 'preset' ? {preset: place.preset} : {});
	};

	if (answers === undefined) return <Places places={places} screen={screen} onChoose={choose} />;
	if (question === undefined) return null;
	return (
		<Ask
			{...props}
			key={steps.length}
			answers={answers}
			question={question}
			screen={screen}
			onAnswer={take}
			onResource={url => onEnd({kind: 'profile', profile: url})}
			onBack={() => setSteps(steps.slice(0, -1))}
		/>
	);
}

type PlacesProps = {
	readonly places: readonly SignInPlace[];
	readonly screen: Screen;
	readonly onChoose: (index: number) => void;
};

function Places({places, screen: {display, size}, onChoose}: PlacesProps): ReactNode {
	const selected = useList(places, {onChoose, isActive: true});
	const presses = usePresses(true);
	const title = indent(gridOf(size.columns).mark, [[{text: 'Where do you want to sign in?', bold: true}]]);
	const above = [gap(19), block(title, 3)];
	const list = {above, options: places, selected, escape: display.messages.keys.cancel, presses};
	return <FrameView frame={layOutList(size, list, display)} columns={size.columns} display={display} />;
}

type AskProps = Pick<FirstRunProps, 'terminal' | 'check'> & {
	readonly answers: Answers;
	readonly question: Question;
	readonly screen: Screen;
	readonly onAnswer: (answers: Answers) => void;
	readonly onResource: (url: string) => void;
	readonly onBack: () => void;
};

const warning = (text: string): Notice => ({tone: 'warning', text: unstopped(text)});

/** What was looked for tells whether the URL or the server is wrong. */
const notFound = ({message, endpoint}: LoginError): Notice =>
	warning(endpoint === undefined ? message : `${message} Looked for ${displayText(endpoint, 200)}`);

/** One question; an answer that leads somewhere is checked there before the next one is asked. */
function Ask({answers, question, screen: {display, size}, terminal, check, ...told}: AskProps): ReactNode {
	const [notice, setNotice] = useState<Notice>();
	const [checking, setChecking] = useState<AbortController>();
	const {asks, page} = question;
	const {onAnswer, onResource, onBack} = told;
	const find = async (next: Answers) => {
		const controller = new AbortController();
		setChecking(controller);
		try {
			const url = await check(next, controller.signal);
			if (url === undefined) onAnswer(next);
			else onResource(url);
		} catch (error) {
			setChecking(undefined);
			if (!controller.signal.aborted) setNotice(notFound(toLoginError(error)));
		}
	};
	const answer = (typed: string) => {
		const text = typed.trim();
		if (checking !== undefined) return;
		if (text === '') setNotice(warning('Type or paste something first'));
		else if (asks === 'url') {
			const next = answerToUrl(text);
			if (typeof next === 'string') setNotice(warning(next));
			else void find(next);
		} else if (/\s/.test(text) && asks !== 'secretFile') setNotice(warning('That has a space in it'));
		else if (asks === 'clientId') onAnswer({...answers, clientId: text});
		else void find({...answers, [asks]: text.replace(/^~(?=\/)/, homedir())});
	};
	const openPage = async (url: string) => {
		const outcome = await terminal.openBrowser?.(safeUrl(url, 'The page'), new AbortController().signal);
		if (outcome && outcome.status !== 'opened') setNotice(warning(outcome.detail));
	};
	const back = () => {
		checking?.abort();
		onBack();
	};
	const keys: readonly Key[] = [
		{key: 'enter', label: display.messages.keys.next, isMain: true},
		{
			key: 'ctrl+o',
			label: 'open that page',
			when: page !== undefined && display.terminal.browser !== 'elsewhere',
			isMain: true,
			run: () => page !== undefined && void openPage(page),
		},
		{key: 'escape', label: display.messages.keys.back, isMain: true, run: back},
	];
	useBracketedPaste(true);
	const typed = useTextField(question.initial, {
		onKey(key, text) {
			if (key === 'enter') answer(text);
			else runKey(keys, key);
		},
		onChange: () => setNotice(undefined),
		isActive: true,
	});
	const busy = checking && `Checking${display.glyphs.ellipsis}`;
	const frame = layOutQuestion(size, {...question, typed, notice, busy, keys}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}

/** Shows the first run as a screen of its own, to its end; the terminal is then as it was. */
export const showFirstRun = async (
	stdout: NodeJS.WriteStream & {readonly fd: number},
	props: Omit<FirstRunProps, 'onEnd'>,
	signal: AbortSignal,
): Promise<FirstRunOutcome | undefined> => {
	using _ = guardTerminal({output: stdout.fd});
	let end!: (outcome: FirstRunOutcome | undefined) => void;
	const ended = new Promise<FirstRunOutcome | undefined>(resolve => {
		end = resolve;
	});
	const leave = () => end(undefined);
	signal.addEventListener('abort', leave, {once: true});
	const instance = render(<FirstRun {...props} onEnd={end} />, {
		stdin: process.stdin,
		stdout: resizable(stdout),
		exitOnCtrlC: false,
		patchConsole: false,
	});
	const outcome = await ended;
	signal.removeEventListener('abort', leave);
	instance.clear();
	instance.unmount();
	return outcome;
};
