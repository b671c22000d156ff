import {useState, type ReactNode} from 'react';
import {isOpen} from '../login/state.js';
import {consentHeader} from '../layout/header.js';
import {layOutPicker, pickerOptions, reasonToSay, type Choice, type PickerHints} from '../layout/picker.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {usePresses} from '../hooks/use-keys.js';
import {useList} from '../hooks/use-list.js';
import {useScreen} from '../hooks/use-screen.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenAsking, spokenList} from './screen-reader.js';

/** What `<FlowPicker>` takes. */
export type FlowPickerProps = ScreenProps &
	PickerHints & {
		/** Called after the flow was opened by a command; for `stay`, instead. */
		readonly onChoose?: (choice: Choice) => void;
	};

/** The choice between the flows, the recommended one first. It does not wait for discovery. */
export function FlowPicker(props: FlowPickerProps): ReactNode {
	const {state, command, onChoose, currentIdentity, isActive = true, notice} = props;
	// What is learned meanwhile may recommend another flow: the options stay in the order in which they were first seen.
	const [recommendation] = useState(props.recommendation);
	const {display, size, speaks} = useScreen(props);
	const options = pickerOptions(state, {recommendation, currentIdentity}, display);
	const presses = usePresses(isActive);
	const selected = useList(options, {
		onChoose(index) {
			const choice = options[index]?.choice;
			if (choice === undefined) return;
			if (choice !== 'stay' && !isOpen(state.flows[choice])) command({type: 'open', flow: choice});
			onChoose?.(choice);
		},
		isActive,
	});

	const asking = consentHeader(state, props, display);
	const [early] = useState(asking.permissions);
	const learned = [notice, asking.permissions === early ? undefined : asking.permissions].filter(
		text => text !== undefined,
	);
	const reason = reasonToSay(recommendation, display);
	if (speaks) {
		const above = [...spokenAsking(asking), ...(reason === undefined ? [] : [`${reason}.`])];
		return <SpokenLines lines={[...above, ...spokenList(options, selected, display)]} notice={notice} />;
	}

	const frame = layOutPicker(
		size,
		{asking: {...asking, permissions: early}, options, selected, reason, learned, presses},
		display,
	);
	return <FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />;
}
