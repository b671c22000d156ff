import {text} from 'node:stream/consumers';
import {startScriptedServer, type Reply, type ScriptedServer} from '../../../source/testing/index.js';
import type {Scope} from '../built-command.js';
import {serve} from '../loopback.js';

/** Whom Auth0 knows, by database connection or directory. */
const passwords: Readonly<Record<string, string>> = {
	'Username-Password-Authentication': 'canary-database-password',
	'corp-ad': 'canary-directory-password',
};

const codes = ['471209', '835516', '902847'];

export type CredentialsServer = {
	readonly server: ScriptedServer;
	/** Where codes are asked for. */
	readonly codeEndpoint: string;
	/** What was asked for there, as JSON. */
	readonly asked: readonly Readonly<Record<string, unknown>>[];
	/** What to say there instead, one request after the other. */
	readonly refusals: {readonly status: number; readonly body: object; readonly headers?: Record<string, string>}[];
	/** The code that was sent last. */
	readonly code: () => string;
	/** Lets that code expire. */
	readonly expire: () => void;
};

export const mfaToken = 'canary-mfa-token';

/** What Auth0 says with 403 or 429, by what it is about. */
export const auth0Refusals = {
	secondFactor: {
		status: 403,
		body: {error: 'mfa_required', error_description: 'Multifactor authentication required', mfa_token: mfaToken},
	},
	blockedUser: {status: 403, body: {error: 'unauthorized', error_description: 'user is blocked'}},
	tooManyAttempts: {
		status: 429,
		body: {
			error: 'too_many_attempts',
			error_description: 'Your account has been blocked after multiple consecutive login attempts.',
		},
	},
	rateLimit: {status: 429, headers: {'retry-after': '40'}, body: {error: 'too_many_requests'}},
	wrongNumber: {
		status: 400,
		body: {
			error: 'sms_provider_error',
			error_description: "The 'To' number +49170000000 is not a valid phone number. (Code: 21211)",
		},
	},
} as const;

const refuse = (error_description: string): Partial<Reply> => ({
	status: 403,
	body: {error: 'invalid_grant', error_description},
});

/** Auth0 as far as credentials are typed into the program: database connections, AD, and codes by e-mail and SMS. */
export const startCredentialsServer = async (t: Scope): Promise<CredentialsServer> => {
	const asked: Record<string, unknown>[] = [];
	const refusals: CredentialsServer['refusals'] = [];
	let code = '';
	let hasExpired = false;
	let wrong = 0;
	let sent = 0;

	const judge = (parameters: URLSearchParams): Partial<Reply> | undefined => {
		if (parameters.get('grant_type') === 'http://auth0.com/oauth/grant-type/password-realm') {
			const isRight = parameters.get('password') === passwords[parameters.get('realm') ?? ''];
			return isRight ? undefined : refuse('Wrong email or password.');
		}

		if (wrong === 3) return refuse("You've reached the maximum number of attempts. Please try to login again.");
		if (hasExpired) return refuse('The verification code has expired. Please try to login again.');
		if (parameters.get('otp') === code) return undefined;
		wrong += 1;
		return refuse('Wrong email or verification code.');
	};
	const server = await startScriptedServer({
		password: {username: 'ada', password: 'analytical engine'},
		responses: {
			async token({parameters}, conforming) {
				const grant = parameters.get('grant_type') ?? '';
				if (!grant.startsWith('http://auth0.com/')) return conforming();
				const refusal = judge(parameters);
				if (refusal !== undefined) return refusal;
				const given = new URLSearchParams(parameters);
				for (const [name, value] of [
					['grant_type', 'password'],
					['username', 'ada'],
					['password', 'analytical engine'],
				] as const) {
					parameters.set(name, value);
				}

				const reply = await conforming();
				// Tests look at what was sent.
				for (const [name, value] of given) parameters.set(name, value);
				return reply;
			},
		},
	});
	const origin = await serve(t, (request, response) => {
		void text(request).then(body => {
			asked.push(JSON.parse(body) as Record<string, unknown>);
			const refusal = refusals.shift();
			if (refusal === undefined) {
				code = codes[sent % codes.length] ?? '';
				sent += 1;
				hasExpired = false;
				wrong = 0;
			}

			const {status, headers, body: answer} = {headers: {}, ...(refusal ?? {status: 200, body: {_id: 'sent'}})};
			response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(answer));
		});
	});
	t.after(async () => server.close());
	return {
		server,
		codeEndpoint: `${origin}/passwordless/start`,
		asked,
		refusals,
		code: () => code,
		expire() {
			hasExpired = true;
		},
	};
};
