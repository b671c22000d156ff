import {useIsScreenReaderEnabled} from 'ink';
import {useRef, useState, type ReactNode} from 'react';
import {isOpen} from '../login/state.js';
import {useKeys} from '../hooks/use-keys.js';
import {FrameView} from './rows.js';
import {consentHeader} from '../layout/header.js';
import {
	firstPossible,
	layOutPicker,
	pickerOptions,
	reasonToSay,
	selectedBy,
	type Choice,
	type PickerHints,
} from '../layout/picker.js';
import type {ScreenProps} from '../hooks/screen-props.js';
import {SpokenLines, spokenAsking} from './screen-reader.js';
import {useScreen} from '../hooks/use-screen.js';

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
	const {display, size} = useScreen(props);
	const speaks = useIsScreenReaderEnabled();
	const [moved, setMoved] = useState<Choice>();
	// Keys may come faster than frames, as in a chunk that was typed before we listened: the next one counts from here.
	const latest = useRef(moved);
	const moveTo = (choice: Choice) => {
		latest.current = choice;
		setMoved(choice);
	};
	const options = pickerOptions(state, {recommendation, currentIdentity}, display);
	const indexOf = (choice: Choice | undefined) => {
		const index = options.findIndex(option => option.choice === choice && option.isPossible);
		return index === -1 ? firstPossible(options) : index;
	};
	const selected = indexOf(moved);

	const choose = () => {
		const option = options[indexOf(latest.current)];
		if (option?.isPossible !== true) return;
		const {choice} = option;
		if (choice !== 'stay' && !isOpen(state.flows[choice])) command({type: 'open', flow: choice});
		onChoose?.(choice);
	};

	useKeys({
		onKey(key) {
			if (key === 'enter') {
				choose();
				return;
			}

			const next = options[selectedBy(key, options, indexOf(latest.current)) ?? -1];
			if (next !== undefined) moveTo(next.choice);
		},
		isActive,
	});

	const asking = consentHeader(state, props, display);
	const reason = reasonToSay(recommendation);
	if (speaks) {
		const {spoken, keys} = display.messages;
		const said = options.map(({label, detail}, index) =>
			spoken.option(index + 1, index === selected ? `${label} (${spoken.selected})` : label, detail),
		);
		const lines = [
			...spokenAsking(asking),
			...(reason === undefined ? [] : [reason]),
			...said,
			spoken.keys([keys.chooseSpoken, keys.continue, keys.leave]),
		];
		return <SpokenLines lines={lines} notice={notice} />;
	}

	const frame = layOutPicker(size, {asking, options, selected, reason, notice, display});
	return <FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />;
}
