import InkSpinner from 'ink-spinner';
import {Text} from 'ink';
import type {ReactNode} from 'react';
import type {SpinnerProps} from '../hooks/screen-props.js';

/** Turns while a request is in flight; a timer runs for as long as it is mounted. */
export function Spinner({type}: SpinnerProps): ReactNode {
	return (
		<Text>
			<InkSpinner type={type} />
		</Text>
	);
}
