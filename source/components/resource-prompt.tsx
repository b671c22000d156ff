import type {ReactNode} from 'react';
import {displayText} from '../core/safe-text.js';
import type {ResourcePrompt, ServerPrompt} from '../hooks/use-login.js';
import {useKeys} from '../hooks/use-keys.js';
import {useScreen} from '../hooks/use-screen.js';
import type {PromptProps} from '../hooks/screen-props.js';
import {runKey, type Key} from '../layout/keys.js';
import {layOutConfirmation} from '../layout/question.js';
import {ListPrompt} from './account-prompt.js';
import {FrameView} from './frame.js';
import {SpokenLines, spokenKeys} from './screen-reader.js';

/** Says who has someone sign in where, for what and as which app: all that a person can judge a stranger's server by. */
export function ResourcePromptScreen(props: PromptProps<ResourcePrompt>): ReactNode {
	const {prompt, isActive = true} = props;
	const {display, size, speaks} = useScreen(props);
	const {resource: words, keys: labels, signInTo} = display.messages;
	const keys: readonly Key[] = [
		{key: 'enter', label: labels.continue, isMain: true, run: () => prompt.answer(true)},
		{key: 'escape', label: labels.cancel, isMain: true, run: () => prompt.answer(false)},
	];
	useKeys({onKey: key => runKey(keys, key), isActive});
	const host = displayText(prompt.host);
	const facts = [
		...(prompt.name === undefined ? [] : [{word: words.callsItself, text: `"${prompt.name}"`}]),
		{word: words.asksFor, text: displayText(prompt.scope, 400) || words.serverChooses},
		{word: words.signsInAs, text: prompt.client === undefined ? words.unknownClient : words.clients[prompt.client]},
	];
	const title = signInTo(host);
	const sentence = words.sendsYou(host, prompt.page ?? displayText(new URL(prompt.issuer).host));
	const advice = words.onlyIf(host);
	if (speaks) {
		const said = [sentence, ...facts.map(({word, text}) => `${word} ${text}`), advice].map(text => `${text}.`);
		return <SpokenLines lines={[...said, spokenKeys(keys, display)]} />;
	}

	const frame = layOutConfirmation(size, {title, sentence, facts, advice, keys}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} />;
}

/** Which of a resource's servers signs someone in. */
export function ServerPromptScreen(props: PromptProps<ServerPrompt>): ReactNode {
	const {host, servers, answer} = props.prompt;
	const {display} = useScreen(props);
	return (
		<ListPrompt
			{...props}
			title={display.messages.resource.chooseServer(displayText(host))}
			options={servers.map(issuer => ({label: displayText(issuer.replace(/^https:\/\/|\/$/g, ''), 80)}))}
			onChoose={index => answer(servers[index])}
			onCancel={() => answer(undefined)}
		/>
	);
}
