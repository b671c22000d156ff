import {displayText} from '../display-text.js';

/** What is wrong with an ID token, as the end of "The server's proof of who signed in is not acceptable: …". */
export type IdTokenProblem = {
	readonly reason: string;
	/** What to do about it, where that is not the same for every problem. */
	readonly hint?: string;
};

/** A claim that has another value than it must have; its name stays, for the administrator. */
const otherClaims: Readonly<Record<string, string>> = {
	iss: 'it comes from another issuer than the one that was asked (iss)',
	aud: 'it was issued for another client (aud)',
	azp: 'it was issued to another client (azp)',
	nonce: 'it belongs to another sign-in (nonce)',
};

/** A claim whose value is not the one that it must have. */
export const otherClaim = (claim = 'content'): IdTokenProblem => ({
	reason: otherClaims[claim] ?? `its ${claim} is not the expected one`,
});

const isText = (value: unknown): value is string => typeof value === 'string';

const otherAlgorithm = (cause: unknown): IdTokenProblem => {
	const {header, expected} = cause as {header?: {alg?: unknown}; expected?: unknown};
	const accepted = [expected].flat().filter(isText);
	const names = new Intl.ListFormat('en', {type: 'disjunction'}).format(accepted);
	const algorithm = displayText(isText(header?.alg) ? header.alg : '', 20);
	return {
		reason:
			algorithm === '' || algorithm.toLowerCase() === 'none'
				? 'it is not signed'
				: `it is signed with ${algorithm}${names === '' ? '' : ` instead of ${names}`}`,
		hint: `Nothing was stored. Have the provider sign ID tokens for this client with ${names === '' ? 'RS256' : names}.`,
	};
};

/** The library's sentences are constants, without a value of the response in them; the first that fits counts. */
const sentences: readonly (readonly [RegExp, (found: RegExpMatchArray, cause: unknown) => IdTokenProblem])[] = [
	[/"alg" header/, (_, cause) => otherAlgorithm(cause)],
	[/"typ" header/, () => ({reason: 'it is a token of another kind'})],
	[/"crit" header/, () => ({reason: 'it needs an extension that this program does not know (crit)'})],
	[/JWE decryption/, () => ({reason: 'it is encrypted, which this program cannot read'})],
	[/unsupported JWS/, () => ({reason: 'it is signed in a way that this program does not know'})],
	[/signature verification failed/, () => ({reason: 'its signature is not that of the server'})],
	[/JWT "(\w+)" .*claim missing/, ([, claim = '']) => ({reason: `it has no ${claim}`})],
	[/JWT "(\w+)" .*claim type/, ([, claim = '']) => ({reason: `its ${claim} is malformed`})],
	[/\b(?:JWT|ID Token)\b/i, () => ({reason: 'it is malformed'})],
];

/** What the library found wrong with an ID token; undefined where its sentence is about something else. */
export const idTokenProblem = ({message, cause}: Error): IdTokenProblem | undefined => {
	for (const [pattern, describe] of sentences) {
		const found = pattern.exec(message);
		if (found) return describe(found, cause);
	}

	return undefined;
};
