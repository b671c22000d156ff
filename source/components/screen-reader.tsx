import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {openFlows, type LoginState} from '../login/state.js';
import {timeOfDay} from '../text/dates.js';
import type {ConsentHeader} from '../layout/header.js';
import {keyName, type Key} from '../layout/keys.js';
import type {ListOption} from '../layout/options.js';
import type {Display} from '../layout/theme.js';

/** Sentences for a screen reader: each is true until something happens, since every change is read out again. */
export function SpokenLines({
	lines,
	notice,
}: {
	readonly lines: readonly string[];
	readonly notice?: string | undefined;
}): ReactNode {
	const all = notice === undefined ? lines : [...lines, notice];
	return (
		<Box flexDirection="column">
			{all.map((line, index) => (
				<Text key={index}>{line}</Text>
			))}
		</Box>
	);
}

export const spokenAsking = ({title, host, permissions, reason}: ConsentHeader): string[] => [
	`${[title, host].filter(Boolean).join(', ')}.`,
	...(reason === '' ? [] : [reason]),
	...(permissions === '' ? [] : [`${permissions}.`]),
];

export const spokenKeys = (keys: readonly Key[], {messages}: Display): string =>
	messages.spoken.keys(
		keys.filter(({when = true, label}) => when && label !== '').map(({key, label}) => `${keyName(key)} ${label}`),
	);

export const spokenList = (
	options: readonly ListOption[],
	selected: number,
	{messages: {spoken, keys}}: Display,
): string[] => [
	...options.map(({label, detail = '', unavailable}, index) =>
		spoken.option(index + 1, index === selected ? `${label} (${spoken.selected})` : label, unavailable ?? detail),
	),
	spoken.keys([spoken.choose, `enter ${keys.select}`, `esc ${keys.cancel}`]),
];

export const spokenFlows = (
	state: LoginState,
	asking: ConsentHeader,
	keys: readonly Key[],
	display: Display,
): string[] => {
	const {messages} = display;
	return [
		...spokenAsking(asking),
		...openFlows(state).flatMap(flow => {
			if (flow.flow === 'device' && flow.code !== undefined) {
				const {verificationUri, userCode, expiresAt} = flow.code;
				return [
					messages.spoken.open(verificationUri),
					messages.spoken.enterCode(userCode),
					messages.spoken.expiresAt(timeOfDay(expiresAt)),
					`${messages.code.approve} ${messages.code.onlyIfYours}.`,
				];
			}

			if (flow.flow === 'browser' && flow.address !== undefined) {
				return [`${messages.browser.continueThere}.`, messages.spoken.open(flow.address.shortUrl)];
			}

			return [`${flow.flow === 'device' ? messages.code.opening : messages.browser.opening}.`];
		}),
		spokenKeys(keys, display),
	];
};
