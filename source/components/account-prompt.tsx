import {useIsScreenReaderEnabled} from 'ink';
import type {ReactNode} from 'react';
import type {AccountPrompt as Prompt} from '../hooks/use-login.js';
import {useKeys} from '../hooks/use-keys.js';
import {FrameView} from './rows.js';
import {firstThatFits, frameOf} from '../layout/fit.js';
import {bold, indent, keyLine, plain, wrapWords} from '../layout/row.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines} from './screen-reader.js';
import {useScreen} from '../hooks/use-screen.js';

export type AccountPromptProps = Pick<
	ScreenProps,
	'theme' | 'messages' | 'environment' | 'columns' | 'maxRows' | 'isActive'
> & {
	readonly prompt: Prompt;
};

/** Asks before someone else's session is replaced; only `y` replaces it. */
export function AccountPrompt(props: AccountPromptProps): ReactNode {
	const {prompt, isActive = true} = props;
	const {display, size} = useScreen(props);
	const speaks = useIsScreenReaderEnabled();
	useKeys({
		onKey(key) {
			if (key === 'y') prompt.answer(true);
			if (key === 'n' || key === 'escape') prompt.answer(false);
		},
		isActive,
	});
	const {prompt: words, keys, spoken} = display.messages;
	const asked = words.switchAccount(prompt.stored, prompt.next, prompt.difference);
	if (speaks) return <SpokenLines lines={[asked, words.whatHappens, spoken.keys([keys.yes, keys.no])]} />;

	const {columns, rows} = size;
	const width = columns - 2;
	const inBold = (text: string) =>
		indent(
			1,
			wrapWords(text, width).map(row => bold(row)),
		);
	const head = inBold(asked);
	const brief = inBold(words.briefly(prompt.stored, prompt.next));
	const responses = indent(1, [keyLine([keys.yes, keys.no], display.glyphs.separator, width)]);
	const explained = indent(1, wrapWords(words.whatHappens, width).map(plain));
	const frame = firstThatFits(rows, [
		frameOf([...head, ...explained, [], ...responses]),
		frameOf([...head, ...responses]),
		frameOf([...brief, ...responses]),
		frameOf([...brief.slice(0, Math.max(1, rows - 1)), ...responses]),
	]);
	return <FrameView frame={frame} columns={columns} display={display} />;
}
