import {displayText, person} from '../../core/safe-text.js';
import {readToken} from '../../core/small-text.js';
import type {CommandLine} from '../parse-args.js';
import type {Command, CommandContext, Engine} from '../context.js';
import {credentialsFrom, secretSourceOf} from '../secrets.js';
import {exitCodes, UsageError} from '../errors.js';
import {engineAt, openProfile, readSession, storeFor} from '../session.js';
import {unknownServer} from '../login-plan.js';
import {readProvider, readResources} from '../provider-options.js';
import {formatToken} from '../token-format.js';

const tokenTypes = ['access_token', 'refresh_token', 'id_token', 'saml1', 'saml2', 'jwt'];
const urn = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;

const readTokenType = (text: string): string => {
	if (tokenTypes.includes(text)) return urn(text);
	if (/^[a-z][a-z\d+.-]*:\S+$/i.test(text)) return text;
	throw new UsageError(
		`--requested-token-type can't be ${displayText(text, 60)}.`,
		`Choose one of ${tokenTypes.join(', ')}, or give a full URI (RFC 8693 §3).`,
	);
};

/** The engine of a service that acts for its caller: it needs no session, only a server, as given or as saved. */
const serviceEngine = async (line: CommandLine, context: CommandContext): Promise<Engine> => {
	const {profile, values} = line;
	const {issuer, preset, domain, endpoint, 'client-id': clientId} = values;
	const credentials = credentialsFrom(secretSourceOf(values), context.environment.env, context.stdin);
	// The rest is about the token that is asked for.
	const chosen = readProvider({issuer, preset, domain, endpoint, 'client-id': clientId}, {credentials});
	const store = await storeFor(line, context);
	const known = (await readSession(store, profile, context)) ?? (await store.readPreferences(profile)).server;
	const provider = chosen(known?.provider);
	if (provider === undefined) throw unknownServer(profile, await store.list());
	return engineAt(provider, known, store, line, context);
};

/** `ink-login exchange`: another token for the session's access token, or for one from a file (RFC 8693). */
export const runExchange: Command = async (line, context) => {
	const {values} = line;
	const {stdin, stdout, stderr, environment, signals} = context;
	const {audience, scope, 'requested-token-type': requested} = values;
	const {'subject-token-file': subjectFile, 'actor-token-file': actorFile} = values;
	const requestedTokenType = requested === undefined ? undefined : readTokenType(requested);
	const resource = values.resource && readResources(values.resource);
	const read = async (file: string | undefined, what: string) =>
		file === undefined ? undefined : readToken(file === '-' ? stdin : file, what);
	const engine =
		subjectFile === undefined ? (await openProfile(line, context)).engine : await serviceEngine(line, context);
	const subjectToken = await read(subjectFile, "the caller's token");
	const actorToken = await read(actorFile, "the actor's token");
	const {
		token,
		issuedTokenType: type,
		tokenType,
		expiresAt,
		scope: granted,
		actingParty,
	} = await engine.exchange({
		subjectToken,
		audience,
		resource,
		scope,
		requestedTokenType,
		actorToken: actorToken === undefined ? undefined : {token: actorToken, type: urn('access_token')},
		signal: signals.signal,
	});
	const printable = {token, type, tokenType, expiresAt, scope: granted || undefined, actingParty};
	stdout.write(formatToken(values.format ?? 'raw', printable, environment.env));
	if (actingParty !== undefined) {
		const identity = subjectToken === undefined ? (await engine.session())?.identity : undefined;
		const subject = identity === undefined ? 'the subject' : person(identity);
		stderr.write(`${displayText(actingParty)}, acting for ${subject}\n`);
	}

	return exitCodes.done;
};
