/** The command line cannot be understood: exit code 2, one sentence and the next step. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	readonly hint: string;

	constructor(message: string, hint = 'See: ink-login --help') {
		super(message);
		this.hint = hint;
	}
}
