import {hasCode, LoginError, toLoginError} from '../../core/errors.js';
import {isTransient, oauthError} from '../../oauth/error-codes.js';
import type {Recipient} from '../../oauth/one-time-code.js';
import type {EventOf} from '../events.js';
import type {Flow, FlowContext} from '../flow.js';

/** Servers end a code after as many wrong tries, and most people have given up by then. */
const maximumTries = 3;

const missing: Readonly<Record<EventOf<'question'>['asks'], string>> = {
	username: 'the user name',
	password: 'the password',
	recipient: 'the email address or phone number',
	code: 'the code',
};

const nobodyTypes = (asks: EventOf<'question'>['asks']): LoginError =>
	new LoginError('person_required', `The input ended before ${missing[asks]} was read.`, {
		hint: 'Write one line to stdin for each question.',
	});

type Asked = Omit<EventOf<'question'>, 'type'>;

/**
 * Asks for something, until it is typed.
 *
 * @param failure - how the flow ends where nobody can type it
 * @param renew - sends a new code, and rejects with why it could not
 */
const ask = async (
	{emit, commands, signal}: FlowContext,
	asked: Asked,
	failure: LoginError = nobodyTypes(asked.asks),
	renew?: () => Promise<void>,
): Promise<string> => {
	for (let question = asked; ;) {
		emit({type: 'question', ...question});
		const command = await commands.next(signal);
		if (command.type === 'enter') {
			if (command.text === undefined) throw failure;
			if (command.text.trim() !== '') return command.text;
		}

		if (command.type !== 'renew-code' || renew === undefined) continue;
		const reason = await renew().then(() => undefined, whyNot);
		question = {...asked, reason};
	}
};

/** What happened, and what to do. */
const whyNot = (error: unknown): string => {
	const {message, hint} = toLoginError(error);
	return `${message} ${hint}`;
};

/**
 * The password grant (RFC 6749 §4.3) with Auth0's realms: legacy, and off unless the application names it (RFC 9700
 * §2.4, RFC 8252 §8.12).
 */
export const passwordFlow: Flow = async context => {
	const {requestPassword} = await import('../../oauth/token-endpoint.js');
	const {loginHint} = context.provider;
	let failure: LoginError | undefined;
	for (let tries = 1; ; tries += 1) {
		const flow = 'password';
		const reason = failure?.message;
		const username = loginHint ?? (await ask(context, {flow, asks: 'username', reason}, failure)).trim();
		const again = loginHint === undefined ? {} : {reason};
		const password = await ask(context, {flow, asks: 'password', ...again}, failure);
		context.emit({type: 'exchange', flow});
		try {
			return await requestPassword(context, {username, password});
		} catch (error) {
			if (!hasCode(error, 'invalid_grant')) throw error;
			failure = new LoginError('invalid_grant', "The server doesn't accept this user name and password.", {
				hint: 'Check both and try again, or use another flow.',
			});
			if (tries === maximumTries) throw failure;
		}
	}
};

const notARecipient = () =>
	new LoginError('config_error', "That's neither an email address nor a phone number with its country code.", {
		hint: 'For example: alice@example.com or +49 170 1234567.',
	});

/** Sends codes to one recipient, never before the server lets it. */
class CodeSender {
	/** Wrong tries with the code that counts now. */
	rejections = 0;
	readonly #context: FlowContext;
	/** By the monotonic clock. */
	#notBefore = Number.NEGATIVE_INFINITY;

	constructor(context: FlowContext) {
		this.#context = context;
	}

	/** Sends a code to the recipient that the login hint or the person names. */
	async sendFirst(): Promise<Recipient> {
		const {readRecipient} = await import('../../oauth/one-time-code.js');
		const {loginHint} = this.#context.provider;
		let failure: LoginError | undefined;
		for (;;) {
			const asked = {flow: 'one-time-code', asks: 'recipient', reason: failure?.message} as const;
			const recipient = readRecipient(loginHint ?? (await ask(this.#context, asked, failure)));
			try {
				if (recipient !== undefined) {
					await this.send(recipient);
					return recipient;
				}

				failure = notARecipient();
			} catch (error) {
				failure = toLoginError(error);
				// Another recipient may do.
				if (failure.code !== 'server_rejected') throw failure;
			}

			if (loginHint !== undefined) throw failure;
		}
	}

	async send(recipient: Recipient): Promise<void> {
		const {sendOneTimeCode} = await import('../../oauth/one-time-code.js');
		const {clock, emit} = this.#context;
		const wait = Math.ceil((this.#notBefore - clock.monotonic()) / 1000);
		if (wait > 0) throw oauthError({error: 'slow_down'}, {retryAfter: wait});
		const outcome = await sendOneTimeCode(this.#context, recipient);
		if (outcome.kind === 'rate-limited') {
			this.#notBefore = clock.monotonic() + outcome.retryAfter * 1000;
			throw outcome.error;
		}

		this.rejections = 0;
		emit({type: 'code-sent', channel: recipient.channel, to: recipient.shown});
	}
}

const rejections: Readonly<Record<'wrong' | 'expired' | 'spent', LoginError>> = {
	wrong: new LoginError('invalid_grant', 'That code is wrong.', {hint: 'Ask for a new code.'}),
	expired: new LoginError('expired_token', 'That code has expired.', {hint: 'Ask for a new code.'}),
	spent: new LoginError('invalid_grant', 'You typed too many wrong codes.', {hint: 'Ask for a new code.'}),
};

/** A code by e-mail or SMS, in Auth0's dialect, typed here: off unless the application names it (RFC 8252 §8.12). */
export const oneTimeCodeFlow: Flow = async context => {
	const {requestOneTimeCodeTokens} = await import('../../oauth/one-time-code.js');
	const sender = new CodeSender(context);
	const recipient = await sender.sendFirst();
	const flow = 'one-time-code';
	let failure: LoginError | undefined;
	let reason: string | undefined;
	for (;;) {
		const code = await ask(context, {flow, asks: 'code', reason}, failure, async () => sender.send(recipient));
		context.emit({type: 'exchange', flow});
		reason = undefined;
		try {
			const outcome = await requestOneTimeCodeTokens(context, recipient, code.replaceAll(/[\s-]/g, ''));
			if (outcome.kind === 'tokens') return outcome.tokens;
			sender.rejections += 1;
			failure = rejections[outcome.kind];
			const left = maximumTries - sender.rejections;
			if (outcome.kind === 'spent' || left === 0) throw rejections.spent;
			const more = outcome.kind === 'expired' ? failure.hint : left === 1 ? 'One try left.' : `${left} tries left.`;
			context.emit({type: 'code-rejected', reason: `${failure.message} ${more}`});
		} catch (error) {
			failure = toLoginError(error);
			// The same code may still be good.
			if (!isTransient(failure)) throw failure;
			reason = whyNot(failure);
		}
	}
};
