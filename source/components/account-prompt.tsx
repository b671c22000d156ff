import type {ReactNode} from 'react';
import type {AccountPrompt} from '../hooks/use-login.js';
import {useKeys, usePresses} from '../hooks/use-keys.js';
import {useList} from '../hooks/use-list.js';
import {useScreen} from '../hooks/use-screen.js';
import type {PromptProps} from '../hooks/screen-props.js';
import {block, gap} from '../layout/fit.js';
import {gridOf} from '../layout/header.js';
import {indent, wrapWords} from '../layout/line.js';
import {layOutList} from '../layout/options.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenList} from './screen-reader.js';

/** Asks before someone else's session is replaced; the session that there is stays unless the person says otherwise. */
export function AccountPromptScreen(props: PromptProps<AccountPrompt>): ReactNode {
	const {prompt, isActive = true} = props;
	const {display, size, speaks} = useScreen(props);
	const {prompt: words, keys} = display.messages;
	const {stored, next} = prompt;
	const difference = prompt.difference && display.messages.sentence(prompt.difference);
	const options = [
		{label: words.keep(stored, next)},
		{label: words.replace(stored, next), detail: words.signsOut(stored)},
	];
	const presses = usePresses(isActive);
	const selected = useList(options, {onChoose: index => prompt.answer(index === 1), isActive});
	useKeys({
		onKey(key) {
			if (key === 'escape') prompt.answer(false);
		},
		isActive,
	});
	const title = words.belongsTo(stored, next);
	if (speaks) {
		const said = [title, ...(difference === undefined ? [] : [difference]), ...spokenList(options, selected, display)];
		return <SpokenLines lines={said} />;
	}

	const {mark, width} = gridOf(size.columns);
	const titles = wrapWords(title, Math.max(1, width - mark)).map(text => [{text, bold: true}]);
	const above = [gap(19), block(indent(mark, titles), 3)];
	const frame = layOutList(size, {above, reason: difference, options, selected, escape: keys.cancel, presses}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}
