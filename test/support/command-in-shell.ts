import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {commandFile, temporaryFolder} from './built-command.js';
import {runInPty, type PtyRun} from './pty.js';

/**
 * The command as a line of a shell, which tells the settings of the terminal's line before and after, and the exit code.
 */
export const commandInShell = async (
	t: TestContext,
	args: readonly string[],
	{env}: {readonly env?: Readonly<Record<string, string>>} = {},
): Promise<PtyRun> => {
	const home = await temporaryFolder(t);
	const run = runInPty({
		command: '/bin/sh',
		args: [
			'-c',
			// The inner one is what Ctrl-C ends until the command has taken its place; the outer one would overhear it.
			// Once it has ended, a late one must not end the stty that tells the settings.
			`trap : INT; echo "before $(stty -g)"; sh -c 'echo started; exec "$@"' sh "$@"; code=$?; trap '' INT; echo "code $code"; echo "after $(stty -g)"`,
			'sh',
			process.execPath,
		].concat([commandFile, ...args]),
		env: {DISPLAY: ':0', BROWSER: '/bin/true', INK_LOGIN_HOME: home, ...env},
	});
	t.after(async () => run[Symbol.asyncDispose]());
	return run;
};

const settingsIn = (text: string, word: 'before' | 'after'): string => {
	const [, settings] = new RegExp(`${word} (\\S+)`).exec(text) ?? assert.fail(`No "${word}" in:\n${text}`);
	return settings!;
};

/** The shell goes on, with its terminal as it was. */
export const givesBack = async (run: PtyRun): Promise<{code: number; text: string}> => {
	await run.exit;
	// Long rows are wrapped by the terminal.
	const text = run.emulator.paragraphs().join('\n');
	assert.equal(settingsIn(text, 'after'), settingsIn(text, 'before'), 'the line mode is as before');
	assert.equal(run.emulator.cursor.visible, true, 'the cursor is shown');
	assert.equal(run.emulator.bracketedPaste, false);
	const [, code] = /code (\d+)/.exec(text) ?? assert.fail(text);
	return {code: Number(code), text};
};
