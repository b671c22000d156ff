import {displayText} from '../../core/safe-text.js';
import {renewsItself, signInDue} from '../../session/freshness.js';
import {LoginError} from '../../core/errors.js';
import type {UserInfo} from '../../oauth/userinfo.js';
import type {StoredSession, TokenStore} from '../../session/types.js';
import {dateAndTime} from '../../text/dates.js';
import {messages, permissionsOf} from '../../text/messages.js';
import {jsonLine} from '../../text/ndjson.js';
import type {Command} from '../context.js';
import {exitCodeOf, exitCodes, tellFailure, tokenExitCodeOf} from '../errors.js';
import {notSignedIn, openSession, storeFor, readSession, sessionEnded} from '../session.js';
import type {Identity} from '../../core/types.js';

const flowNames = {
	browser: 'in the browser',
	device: 'on another device',
	'client-credentials': 'as a program, with client credentials',
	'workload-identity': "as a program, with its platform's identity",
	password: 'with a password',
	'one-time-code': 'with a one-time code',
} as const;

const tokenLife = (session: StoredSession, now: number): string => {
	const {expiresAt} = session.tokens;
	const renewal = renewsItself(session) ? 'renewed on use; nothing runs in the background' : undefined;
	if (expiresAt === undefined) return renewal ?? 'works until the server ends it';
	if (expiresAt <= now) return 'renewed on next use; nothing runs in the background';
	return `works until ${dateAndTime(expiresAt)}, then ${renewal ?? 'sign in again'}`;
};

/** When signing in again is due, where the token's own end does not say it; a refresh may move what the server has said. */
const sessionLife = (session: StoredSession, now: number): string => {
	const due = renewsItself(session) ? signInDue(session) : undefined;
	if (due === undefined) return '';
	return due <= now
		? `was due to end ${dateAndTime(due)}; if it has, sign in again`
		: `lasts until ${dateAndTime(due)} unless a renewal extends it, then sign in again`;
};

type Report = {
	readonly profile: string;
	readonly session: StoredSession;
	readonly store: TokenStore;
	readonly now: number;
	readonly userInfo: UserInfo | undefined;
	/** Why the server could not be asked. */
	readonly failure: LoginError | undefined;
};

const asJson = ({profile, session, store, now, userInfo, failure}: Report) => ({
	signedIn: true,
	profile,
	issuer: session.provider.issuer,
	clientId: session.provider.clientId,
	application: session.provider.application,
	identity: session.tokens.identity,
	flow: session.flow,
	scope: session.tokens.scope,
	expiresAt: session.tokens.expiresAt,
	expired: session.tokens.expiresAt === undefined ? undefined : session.tokens.expiresAt <= now,
	sessionExpiresAt: signInDue(session),
	refreshable: renewsItself(session),
	store: store.kind,
	userInfo: userInfo?.claims,
	failure: failure && {code: failure.code, message: failure.message, hint: failure.hint},
});

const asLines = ({profile, session, store, now, userInfo}: Report, others: readonly string[]): string => {
	const {provider, tokens, flow} = session;
	const identity: Identity | undefined = userInfo?.identity ?? tokens.identity;
	const application = provider.application === undefined ? undefined : displayText(provider.application, 80);
	const rows: readonly (readonly [string, string])[] = [
		['Profile', profile],
		['Server', provider.issuer],
		['Signed in', flowNames[flow]],
		['The app can', permissionsOf(tokens.scope)],
		['Token', tokenLife(session, now)],
		['Session', sessionLife(session, now)],
		['Saved in', store.description],
		['Others', others.join(', ')],
		...Object.entries(userInfo?.claims ?? {}).map(
			([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
		),
	];
	return [
		displayText(messages.end.signedIn(application, identity).join(', '), 400),
		...rows
			.filter(([, value]) => value !== '')
			.map(([label, value]) => `${displayText(label, 40).padEnd(11)} ${displayText(value, 400)}`),
	]
		.map(row => `${row}\n`)
		.join('');
};

/** A session that has ended needs a person; whatever else keeps the server from being asked is a failure. */
const isOver = ({code}: LoginError): boolean => tokenExitCodeOf(code) === exitCodes.personRequired;

/** `ink-login status`: who, where, how long. It asks nobody unless `--userinfo` is given. */
export const runStatus: Command = async (line, context) => {
	const {values, profile} = line;
	const {stdout, stderr, signals} = context;
	const store = await storeFor(line, context);
	let session = await readSession(store, profile, context);
	const now = context.now();
	const tellNobody = (error: LoginError, ended = true) => {
		if (values.json) stdout.write(jsonLine({signedIn: false, ended, profile}));
		return tellFailure(error, stderr, () => exitCodes.personRequired);
	};
	const expiresAt = session?.tokens.expiresAt ?? Number.POSITIVE_INFINITY;
	if (session === undefined || session.dead === true || (expiresAt <= now && !renewsItself(session))) {
		return session === undefined
			? tellNobody(await notSignedIn(store, profile, context), false)
			: tellNobody(await sessionEnded(store, profile, context));
	}

	let userInfo: UserInfo | undefined;
	let failure: LoginError | undefined;
	if (values.userinfo) {
		const {engine} = openSession(session, store, line, context);
		try {
			userInfo = await engine.userInfo({signal: signals.signal});
		} catch (error) {
			if (!(error instanceof LoginError)) throw error;
			if (isOver(error)) return tellNobody(error);
			failure = error;
		}

		// Its token may have been renewed for that.
		session = (await store.read(profile)) ?? session;
	}

	const report = {profile, session, store, now, userInfo, failure};
	const others = (await store.list()).filter(name => name !== profile);
	stdout.write(values.json ? jsonLine(asJson(report)) : asLines(report, others));
	return failure === undefined ? exitCodes.done : tellFailure(failure, stderr, exitCodeOf);
};
