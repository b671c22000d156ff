import * as recordings from './login-recordings.js';
import type {ReactElement} from 'react';
import {Login, type LoginProps} from '../../source/components/login.js';
import type {LoginTerminal} from '../../source/login/terminal.js';
import type {Clock} from '../../source/core/clock.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import {displayText} from '../../source/core/safe-text.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {oidc} from '../../source/index.js';
import {createManualClock, playRecording} from '../../source/testing/index.js';

const {start, minute, alice, codeShown, browserShown, opened, polled} = recordings;
const [discovery, , deviceCode] = codeShown;
const [, , authorizationUrl] = browserShown;
const bob = {issuer: 'https://auth.acme.dev', subject: 'bob', email: displayText('bob@example.test')};
const closed = (flow: 'device' | 'browser'): LoginEvent => ({
	type: 'flow-closed',
	flow,
	reason: 'Sign-in was declined.',
	code: 'access_denied',
});

const asks = (question: Omit<EventOf<'question'>, 'type'>): LoginEvent => ({type: 'question', ...question});
const userName = [discovery, opened('password'), asks({flow: 'password', asks: 'username'})];
const codeSent = [
	discovery,
	opened('one-time-code'),
	{type: 'code-sent', channel: 'email', to: displayText('a***@example.test')},
	asks({flow: 'one-time-code', asks: 'code'}),
] as const;

type Screen = {
	readonly events: readonly LoginEvent[];
	readonly props?: Partial<Pick<LoginProps, 'flow' | 'currentIdentity' | 'next' | 'switchCommand' | 'terminal'>>;
	/** Asks whether this person's session may be replaced. */
	readonly replaces?: typeof alice;
};

/** The person's browser is on another computer. */
export const overSsh: LoginTerminal = {
	browser: 'elsewhere',
	forwardLine: port => `ssh -N -L ${port}:127.0.0.1:${port} me@build-7.acme.dev`,
	recommend: () => ({flow: 'device', reason: "You're connected over SSH, so no browser opens here."}),
};

/** What a login has told so far, by the name of the screen that then shows. */
const screens: Readonly<Record<string, Screen>> = {
	connecting: {events: []},
	picker: {events: [discovery], props: {flow: 'ask'}},
	'picker-signed-in': {events: [discovery], props: {flow: 'ask', currentIdentity: alice}},
	'picker-over-ssh': {events: [discovery], props: {flow: 'ask', terminal: overSsh}},
	'picker-nothing-possible': {
		events: [{...discovery, flows: {...discovery.flows, browser: 'There is no browser.', device: 'No device flow.'}}],
		props: {flow: 'ask'},
	},
	code: {events: codeShown},
	'code-checked': {events: [...codeShown, polled]},
	'code-slowed-down': {events: [...codeShown, {type: 'slow-down', interval: 10, nextPollAt: start + 10_000}]},
	'code-offline': {
		events: [...codeShown, {type: 'backoff', reason: 'The server could not be reached.', retryAt: start + 10_000}],
	},
	'code-after-sleep': {events: [...codeShown, {type: 'resumed', sleptFor: 10 * minute}]},
	'code-renewed': {events: [...codeShown, {...deviceCode, renewal: 1}]},
	'code-foreign-host': {
		events: [
			discovery,
			opened('device'),
			{...deviceCode, onForeignHost: true, verificationUri: safeUrl('https://other.example/device', 'test')},
		],
	},
	'code-over-ssh': {events: [...codeShown, polled], props: {terminal: overSsh}},
	'code-on-this-computer': {
		events: [
			discovery,
			opened('device'),
			{...deviceCode, verificationUri: safeUrl('http://127.0.0.1:4444/device', 'test')},
		],
	},
	browser: {events: browserShown},
	'browser-over-ssh': {events: browserShown.slice(0, 3), props: {terminal: overSsh}},
	'browser-opening': {events: [discovery, opened('browser'), authorizationUrl, {type: 'browser', status: 'opening'}]},
	'browser-failed': {
		events: [
			discovery,
			opened('browser'),
			authorizationUrl,
			{type: 'browser', status: 'failed', detail: 'No browser opened, xdg-open ended with code 3.'},
		],
	},
	'browser-callback-ignored': {events: [...browserShown, {type: 'callback-ignored', reason: 'Its state is unknown.'}]},
	'browser-paste-rejected': {
		events: [...browserShown, {type: 'paste-rejected', reason: 'That link has no code in it.'}],
	},
	'browser-exchange': {events: [...browserShown, {type: 'exchange', flow: 'browser'}]},
	'code-and-browser': {events: [...codeShown, ...browserShown.slice(1)]},
	'browser-and-code': {events: [...browserShown, ...codeShown.slice(1)]},
	question: {events: codeShown, replaces: alice},
	'user-name': {events: userName},
	password: {events: [...userName, asks({flow: 'password', asks: 'password'})]},
	'password-wrong': {
		events: [
			...userName,
			asks({
				flow: 'password',
				asks: 'username',
				reason: "The server doesn't accept this user name and password.",
			}),
		],
	},
	'one-time-code-recipient': {
		events: [discovery, opened('one-time-code'), asks({flow: 'one-time-code', asks: 'recipient'})],
	},
	'one-time-code': {events: codeSent},
	'one-time-code-renewed': {events: [...codeSent, ...codeSent.slice(2)]},
	'one-time-code-wrong': {
		events: [
			...codeSent,
			{type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'},
			asks({flow: 'one-time-code', asks: 'code'}),
		],
	},
	'second-factor-required': {
		events: [
			...userName,
			{
				type: 'flow-closed',
				flow: 'password',
				reason: "The server wants a second factor, and this flow can't ask you for one.",
				code: 'interaction_required',
				hint: 'Sign in with your browser instead.',
			},
		],
	},
	'other-login': {events: [discovery, {type: 'waiting', for: 'other-login'}]},
	refused: {events: [...codeShown, closed('device')]},
	'signed-in': {
		events: [...codeShown, recordings.signedIn],
		props: {next: 'acme deploy', switchCommand: 'acme login --switch-account'},
	},
	failed: {
		events: [
			...codeShown,
			{type: 'failed', code: 'timeout', message: 'Nobody signed in within 5 minutes.', hint: 'Try again.'},
		],
	},
};

export const screenNames = Object.keys(screens);

/** The login at that point: with a clock time goes on from there, without one it stands still. */
export const screenOf = (name: string, props: Partial<LoginProps>, clock?: Clock): ReactElement | undefined => {
	const screen = screens[name];
	if (screen === undefined) return undefined;
	const engine: LoginProps['engine'] = {
		provider: oidc({issuer: 'https://auth.acme.dev', clientId: 'acme', application: 'Acme'}),
		clock: clock ?? createManualClock({now: start}),
		login({switchAccount} = {}) {
			const {replaces} = screen;
			if (replaces !== undefined && typeof switchAccount === 'function') {
				// It is asked once the login is under way.
				queueMicrotask(() => void switchAccount({stored: replaces, next: bob}, new AbortController().signal));
			}

			return playRecording({version: 1, events: screen.events.map(event => ({at: start, event}))}, clock);
		},
	};
	const terminal: LoginTerminal = {
		browser: 'here',
		recommend: () => ({flow: 'browser', reason: 'Your browser can be opened from here.'}),
	};
	return <Login flow="device" terminal={terminal} {...screen.props} {...props} engine={engine} run={undefined} />;
};
