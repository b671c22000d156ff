import {LoginError} from '../core/errors.js';
import {isObject, type EnvironmentVariables} from '../core/types.js';
import type {TokenSet} from '../oauth/token-set.js';
import {defaultMinimumValidity} from '../session/freshness.js';
import {jsonLine} from '../text/ndjson.js';
import type {CommandLine} from './parse-args.js';
import type {TokenContext} from './context.js';
import {loginText} from './command-text.js';
import {exitCodes} from './errors.js';
import type {SessionTokens} from './session.js';

type PrintableToken = {
	readonly token: string;
	/** `access`, `id`, or the URN of a token type (RFC 8693 §3). */
	readonly type: string;
	/** How it is used, lower-cased: `bearer`, or `n_a` where it is no access token (RFC 8693 §2.2.1). */
	readonly tokenType: string;
	/** Epoch milliseconds. */
	readonly expiresAt?: number;
	readonly scope?: string;
	readonly actingParty?: string;
};

const accessTokenOf = ({accessToken, tokenType, expiresAt, scope}: TokenSet): PrintableToken => ({
	token: accessToken,
	type: 'access',
	tokenType,
	expiresAt,
	scope,
});

const apiVersions = ['v1', 'v1beta1'].map(version => `client.authentication.k8s.io/${version}`);

/** What kubectl says about its call, in KUBERNETES_EXEC_INFO. */
type ExecInfo = {
	readonly apiVersion: string;
	/** Whether stdin is free for a person's use. */
	readonly interactive: boolean;
};

const unreadable = (): LoginError =>
	new LoginError('config_error', 'KUBERNETES_EXEC_INFO has no v1 or v1beta1 ExecCredential in it.', {
		hint: `Set apiVersion: ${apiVersions[0] ?? ''} in the exec section of the kubeconfig.`,
	});

/**
 * Reads what kubectl says; without it, as at a shell, the newest version is spoken and a person may be asked.
 *
 * @throws LoginError `config_error`
 */
export const readExecInfo = ({KUBERNETES_EXEC_INFO: text}: EnvironmentVariables): ExecInfo => {
	if (!text) return {apiVersion: apiVersions[0] ?? '', interactive: true};
	let info: unknown;
	try {
		info = JSON.parse(text);
	} catch {
		throw unreadable();
	}

	if (!isObject(info) || typeof info['apiVersion'] !== 'string' || !apiVersions.includes(info['apiVersion'])) {
		throw unreadable();
	}

	const {apiVersion, spec} = info;
	return {apiVersion, interactive: !isObject(spec) || spec['interactive'] !== false};
};

/** An ExecCredential for kubectl (client.authentication.k8s.io); it asks again once the time in it has come. */
const execCredential = ({token, expiresAt}: PrintableToken, env: EnvironmentVariables) => ({
	apiVersion: readExecInfo(env).apiVersion,
	kind: 'ExecCredential',
	status: {
		...(expiresAt !== undefined && {expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z')}),
		token,
	},
});

/** The scheme in capitals, whatever the server calls it: some resources take no other. */
const authorization = ({token, tokenType}: PrintableToken): string => {
	if (tokenType === 'bearer') return `Bearer ${token}`;
	throw new LoginError('config_error', "This isn't a bearer token, so there's no header for it.", {
		hint: 'Use --format raw or --format json.',
	});
};

type TokenFormat = 'raw' | 'json' | 'header' | 'headers' | 'kubernetes';

/**
 * What stdout gets.
 *
 * @throws LoginError where the token cannot be given in that form
 */
export const formatToken = (format: TokenFormat, printable: PrintableToken, env: EnvironmentVariables): string => {
	switch (format) {
		case 'raw':
			return printable.token + '\n';
		case 'json':
			return jsonLine(printable);
		case 'header':
			return `Authorization: ${authorization(printable)}\n`;
		case 'headers':
			return jsonLine({Authorization: authorization(printable)});
		case 'kubernetes':
			return jsonLine(execCredential(printable, env));
	}
};

export const tokenTypeOf = ({values: {type, format}}: CommandLine): 'access' | 'id' =>
	type ?? (format === 'kubernetes' ? 'id' : 'access');

/** Seconds that the token must be valid: a program that asks for headers sends them for as long as its connection lasts. */
export const minimumValidityOf = ({values: {format}}: CommandLine): number =>
	format === 'headers' ? 600 : defaultMinimumValidity;

const idTokenOf = ({idToken, claims}: TokenSet, profile: string, now: number): PrintableToken => {
	if (idToken === undefined || claims === undefined) {
		throw new LoginError('config_error', 'This session has no ID token.', {
			hint: `Sign in again with openid among the scopes: ${loginText(profile)} --scope "openid …"`,
		});
	}

	const expiresAt = claims.exp * 1000;
	if (expiresAt > now) return {token: idToken, type: 'id', tokenType: 'bearer', expiresAt};
	throw new LoginError('expired_token', "The ID token has expired, and the server doesn't send a new one on refresh.", {
		hint: `Sign in again: ${loginText(profile)}`,
	});
};

/** The token that the options ask for, fresh. */
export const freshToken = async (
	line: CommandLine,
	{now}: Pick<TokenContext, 'now'>,
	{tokens}: Pick<SessionTokens, 'tokens'>,
): Promise<PrintableToken> => {
	const type = tokenTypeOf(line);
	const fresh = await tokens({type, minimumValidity: minimumValidityOf(line)});
	return type === 'id' ? idTokenOf(fresh, line.profile, now()) : accessTokenOf(fresh);
};

/** Prints a fresh token on stdout, and nothing else there. */
export const printToken = async (
	line: CommandLine,
	context: TokenContext,
	session: Pick<SessionTokens, 'tokens'>,
): Promise<number> => {
	const {environment, stdout} = context;
	const printable = await freshToken(line, context, session);
	stdout.write(formatToken(line.values.format ?? 'raw', printable, environment.env));
	return exitCodes.done;
};
