import {useStdout} from 'ink';
import {useState} from 'react';
import type {LoginTerminal} from '../login/terminal.js';
import {detectEnvironment, isRemote} from '../terminal/environment.js';
import {createLoginTerminal} from '../terminal/login-terminal.js';
import {whoIsThere} from '../terminal/who-is-there.js';

/** What an application need not hand in: looked up once, by where the terminal is that Ink draws on. */
export const useTerminal = (): {
	readonly terminal: Required<LoginTerminal>;
	readonly capabilities: {readonly remote: boolean};
	/** Whether someone sees what Ink draws, and has keys or at least a screen. */
	readonly isSeen: boolean;
} => {
	const {stdout} = useStdout();
	const [found] = useState(() => {
		const environment = detectEnvironment(stdout);
		// Past Ink, which would take the sequence for text to draw.
		const write = (sequence: string) => stdout.isTTY && stdout.write(sequence);
		const {isServed = false, tty} = environment;
		return {
			terminal: createLoginTerminal(environment, {write}),
			capabilities: {remote: isRemote(environment)},
			// Who serves a terminal knows that someone is there.
			isSeen: isServed || ((tty.stdin || tty.stdout) && whoIsThere(environment) === 'person'),
		};
	});
	return found;
};
