/* eslint-disable no-control-regex -- control characters are what this file is about */
import {Box, Text} from 'ink';
import type {ReactNode} from 'react';

/** Another program's own rows, above and below. */
export const among = (screen: ReactNode, columns?: number) => (
	<Box flexDirection="column" width={columns}>
		<Text>ABOVE</Text>
		{screen}
		<Text>BELOW</Text>
	</Box>
);

/** What is left without colours, Ink's own moves and erasures, links to addresses that are plain, and new lines. */
export const withoutOwn = (bytes: string): string =>
	bytes.replaceAll(
		/\u001B\[[\d;]*m|\u001B\[\d*[ABCDEFG]|\u001B\[[012]?K|\u001B\[\?(?:25|2026)[hl]|\u001B\]8;[\w=:-]*;[\u0021-\u007E]*(?:\u0007|\u001B\\)|\n/g,
		'',
	);
