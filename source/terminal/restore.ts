import {writeSync} from 'node:fs';

type TerminalGuardOptions = {
	/** The file descriptor of the terminal that a screen draws on. @default 1 */
	readonly output?: number;
};

type TerminalGuard = Disposable & {
	/** As `stopForShell`. The shell gets the terminal as it should be; afterwards the cursor is hidden as before. */
	suspend(): void;
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Cursor shown, bracketed paste off, colours off. */
const sane = '\u001B[?25h\u001B[?2004l\u001B[0m';
const hideCursor = '\u001B[?25l';

/**
 * Stops this program, and those that it shares the terminal with, as Ctrl-Z does outside raw mode. Returns in the
 * foreground, in raw mode again.
 */
export const stopForShell = (): void => {
	try {
		process.stdin.setRawMode(false);
		// Here it stops, and goes on with SIGCONT.
		process.kill(0, 'SIGTSTP');
		// The first thing to do: a background process that changes the terminal is stopped again, by SIGTTOU.
		process.stdin.setRawMode(true);
	} catch {
		// The terminal is gone: a SIGHUP tells that.
	}
};

/**
 * Gives the terminal back as it should be, however the program ends: cursor, raw mode, bracketed paste.
 * Disposing it does the same and ends the guard.
 */
export const guardTerminal = ({output = 1}: TerminalGuardOptions = {}): TerminalGuard => {
	const restore = () => {
		try {
			if (process.stdin.isTTY) process.stdin.setRawMode(false);
			writeSync(output, sane);
		} catch {
			// The terminal is gone: nothing is left to restore.
		}
	};
	const onSignal = (signal: NodeJS.Signals) => {
		restore();
		process.off(signal, onSignal);
		// We only looked on: without another listener the signal still has its usual effect.
		if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
	};
	process.once('exit', restore);
	// First in the row: Ink's own listener ends the process only where it finds itself alone.
	for (const signal of signals) process.prependListener(signal, onSignal);
	return {
		suspend() {
			restore();
			stopForShell();
			try {
				writeSync(output, hideCursor);
			} catch {
				// As above.
			}

			// A stopped program is not told that the window has changed.
			process.emit('SIGWINCH', 'SIGWINCH');
		},
		[Symbol.dispose]() {
			process.off('exit', restore);
			for (const signal of signals) process.off(signal, onSignal);
			restore();
		},
	};
};
