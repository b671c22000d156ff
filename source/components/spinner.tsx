import InkSpinner from 'ink-spinner';
import {Text} from 'ink';
import type {ReactNode} from 'react';
import type {Glyphs} from '../terminal/capabilities.js';

/** What a spinner takes. */
export type SpinnerProps = {
	/** Which one turns: braille dots, or a line where there is nothing but ASCII. */
	readonly type: Glyphs['spinner'];
};

/** Turns while a request is in flight; a timer runs for as long as it is mounted. */
export function Spinner({type}: SpinnerProps): ReactNode {
	return (
		<Text>
			<InkSpinner type={type} />
		</Text>
	);
}
