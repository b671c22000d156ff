import {displayText} from './safe-text.js';
import type {Identity} from './types.js';

/** Whatever reads as the end of a quotation. */
const quotationMarks = /["\u201C-\u201F\u2033\u275D\u275E\uFF02]/g;
const quoted = (text: string, maximumLength: number) =>
	`"${displayText(text.replaceAll(quotationMarks, "'"), maximumLength)}"`;

/** @param more - what else tells who it is, with the e-mail address */
const describe = ({name, email, emailVerified, subject}: Identity, more: readonly string[] = []): string => {
	const mail = email === undefined ? [] : [email, ...(emailVerified === false ? ['not verified'] : [])];
	const details = [...mail, ...more];
	if (email !== undefined && (name === undefined || name === email)) return details.join(', ');
	const called = quoted(name ?? subject, 40);
	return details.length === 0 ? called : `${called} (${details.join(', ')})`;
};

/**
 * A person in words, for a sentence: a name could be any text, so it stands in quotation marks which it cannot end, and
 * is cut before the e-mail address is.
 */
export const person = (identity: Identity): string => describe(identity);

/** Letters and digits, joined as in names: neither a sentence nor an e-mail address looks like that. */
const plainName = /^[\p{L}\p{M}\p{N}]+(?:[ '’-][\p{L}\p{M}\p{N}]+)*$/u;

/** A person at the end of a line, as in `Alice Demo · alice@example.test`: a name that could read as more is quoted. */
export const nameAndEmail = ({name, email, emailVerified, subject}: Identity): string => {
	const mail = email === undefined ? [] : [`${email}${emailVerified === false ? ' (not verified)' : ''}`];
	if (email !== undefined && (name === undefined || name === email)) return mail.join('');
	const called = displayText(name ?? subject, 40);
	return [plainName.test(called) ? called : quoted(called, 40), ...mail].join(' · ');
};

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
