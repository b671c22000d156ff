import {displayText} from './safe-text.js';
import type {Identity} from './types.js';

/** Whatever reads as the end of a quotation. */
const quotationMarks = /["\u201C-\u201F\u2033\u275D\u275E\uFF02]/g;
const quoted = (text: string, maximumLength: number) =>
	`"${displayText(text.replaceAll(quotationMarks, "'"), maximumLength)}"`;

/** Letters and what names have between them: no e-mail address, and no end of a sentence. */
const plainName = /^(?!.*\p{L}{4,}\.)[\p{L}\p{M}\p{N} .'\u2019-]{1,40}$/u;

/** What someone is called. A name could be any text: one that is more than a name stands in quotation marks which it cannot end. */
export const nameOf = ({name, subject}: Identity): string => {
	const called = displayText(name ?? subject, 255);
	return plainName.test(called) ? called : quoted(called, 40);
};

/** @param more - what else tells who it is, with the e-mail address */
const describe = (identity: Identity, more: readonly string[] = []): string => {
	const {name, email, emailVerified} = identity;
	const mail = email === undefined ? [] : [email, ...(emailVerified === false ? ['not verified'] : [])];
	const details = [...mail, ...more];
	if (email !== undefined && (name === undefined || name === email)) return details.join(', ');
	const called = nameOf(identity);
	return details.length === 0 ? called : `${called} (${details.join(', ')})`;
};

/**
 * A person in words, for a sentence: the name is cut before the e-mail address is.
 */
export const person = (identity: Identity): string => describe(identity);

const asRead = (identity: Identity): string => describe(identity).normalize('NFKC').toLowerCase();

/** In the place of a person where a session says of none. */
const nobody = 'a session that names nobody';

/** Two people in words; where they would read alike, subject and issuer tell them apart (OIDC Core §5.7). */
export const twoPeople = (one: Identity | undefined, other: Identity | undefined): readonly [string, string] => {
	const readAlike = one !== undefined && other !== undefined && asRead(one) === asRead(other);
	const inWords = (identity: Identity | undefined) =>
		identity === undefined
			? nobody
			: describe(
					identity,
					readAlike ? [`subject ${quoted(identity.subject, 255)} at ${displayText(identity.issuer)}`] : [],
				);
	return [inWords(one), inWords(other)];
};
