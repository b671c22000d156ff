import {displayText, person} from '../../core/safe-text.js';
import type {Command} from '../context.js';
import {readSecretFile} from '../secrets.js';
import {exitCodes, UsageError} from '../errors.js';
import {openProfile} from '../session.js';
import {readResources} from '../provider.js';
import {formatToken} from '../token-format.js';

const tokenTypes = ['access_token', 'refresh_token', 'id_token', 'saml1', 'saml2', 'jwt'];
const urn = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;

const readTokenType = (text: string): string => {
	if (tokenTypes.includes(text)) return urn(text);
	if (/^[a-z][a-z\d+.-]*:\S+$/i.test(text)) return text;
	throw new UsageError(
		`--requested-token-type can't be ${displayText(text, 60)}.`,
		`Choose one of ${tokenTypes.join(', ')}, or give a whole URI (RFC 8693 §3).`,
	);
};

/** `ink-login exchange`: another token for the session's access token (RFC 8693). */
export const runExchange: Command = async (line, context) => {
	const {values} = line;
	const {stdin, stdout, stderr, environment, signals} = context;
	const {audience, scope, 'actor-token-file': actorFile, 'requested-token-type': requested} = values;
	const requestedTokenType = requested === undefined ? undefined : readTokenType(requested);
	const resource = values.resource && readResources(values.resource);
	const {engine} = await openProfile(line, context);
	const actorToken = actorFile === undefined ? undefined : await readSecretFile(actorFile, "the actor's token", stdin);
	const {
		token,
		issuedTokenType: type,
		tokenType,
		expiresAt,
		scope: granted,
		actingParty,
	} = await engine.exchange({
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
		const identity = (await engine.session())?.identity;
		const subject = identity === undefined ? 'the subject' : person(identity);
		stderr.write(`${displayText(actingParty)}, acting for ${subject}\n`);
	}

	return exitCodes.done;
};
