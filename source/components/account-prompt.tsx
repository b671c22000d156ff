import type {ReactNode} from 'react';
import type {AccountPrompt} from '../hooks/use-login.js';
import {useKeys, usePresses} from '../hooks/use-keys.js';
import {useList} from '../hooks/use-list.js';
import {useScreen} from '../hooks/use-screen.js';
import type {PromptProps} from '../hooks/screen-props.js';
import {block, gap} from '../layout/fit.js';
import {gridOf} from '../layout/header.js';
import {indent, wrapWords} from '../layout/line.js';
import {layOutList, type ListOption} from '../layout/options.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenList} from './screen-reader.js';

type ListPromptProps = Omit<PromptProps<unknown>, 'prompt'> & {
	readonly title: string;
	/** Why there is a choice, in one sentence. */
	readonly reason?: string | undefined;
	readonly options: readonly ListOption[];
	readonly onChoose: (index: number) => void;
	readonly onCancel: () => void;
};

/** A question with a few answers, one to a row. */
export function ListPrompt(props: ListPromptProps): ReactNode {
	const {title, reason, options, onChoose, onCancel, isActive = true} = props;
	const {display, size, speaks} = useScreen(props);
	const presses = usePresses(isActive);
	const selected = useList(options, {onChoose, isActive});
	useKeys({
		onKey(key) {
			if (key === 'escape') onCancel();
		},
		isActive,
	});
	if (speaks) {
		const said = [title, ...(reason === undefined ? [] : [reason]), ...spokenList(options, selected, display)];
		return <SpokenLines lines={said} />;
	}

	const {mark, width} = gridOf(size.columns);
	const titles = wrapWords(title, Math.max(1, width - mark)).map(text => [{text, bold: true}]);
	const above = [gap(19), block(indent(mark, titles), 3)];
	const escape = display.messages.keys.cancel;
	const frame = layOutList(size, {above, reason, options, selected, escape, presses}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}

/** Asks before someone else's session is replaced; the session that there is stays unless the person says otherwise. */
export function AccountPromptScreen(props: PromptProps<AccountPrompt>): ReactNode {
	const {prompt} = props;
	const {display} = useScreen(props);
	const {prompt: words, sentence} = display.messages;
	const {stored, next, difference, answer} = prompt;
	return (
		<ListPrompt
			{...props}
			title={words.belongsTo(stored, next)}
			reason={difference && sentence(difference)}
			options={[
				{label: words.keep(stored, next)},
				{label: words.replace(stored, next), detail: words.signsOut(stored)},
			]}
			onChoose={index => answer(index === 1)}
			onCancel={() => answer(false)}
		/>
	);
}
