import type {TerminalEnvironment} from '../terminal/environment.js';
import type {CheckName, DiagnosedEngine, Finding} from './diagnose.js';

/** What every check may look at. */
export type Subject = DiagnosedEngine & {readonly environment: TerminalEnvironment};

/** What a check has to say. `check` is its own name, unless it says otherwise. */
export type Report = {
	readonly tell: (status: Finding['status'], message: string, remedy?: string, check?: CheckName) => void;
	/** What went wrong, in the words of the application. */
	readonly fail: (error: unknown, status?: 'warning' | 'problem', check?: CheckName) => void;
};

export type Check = {
	readonly name: CheckName;
	/** What it hangs on where it takes too long. @default 'server' */
	readonly waitsFor?: 'server' | 'keyring';
	/** What it throws is a problem. What it has told by then stands. */
	readonly run: (subject: Subject, report: Report, signal: AbortSignal) => Promise<void> | void;
};
