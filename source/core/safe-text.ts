/* eslint-disable no-control-regex -- control characters are what this file is about */
import type {Identity} from './types.js';

declare const displayTextBrand: unique symbol;

/** Text without control or invisible characters, fit to be shown: it went through {@link displayText}. */
export type DisplayText = string & {readonly [displayTextBrand]: true};

/** Whole terminal sequences: CSI, OSC/DCS/SOS/PM/APC up to their terminator, and two-character escapes. */
const escapeSequences =
	/(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u009C]*(?:\u0007|\u001B\\|\u009C)?|\u001B[ -/]*[0-~]?/g;
const controlCharacters = /[\u0000-\u001F\u007F-\u009F]+/g;
/** Bidirectional controls, zero width, tags, variation selectors and whatever else shows nothing. */
const invisibleCharacters = /[\p{Default_Ignorable_Code_Point}\p{Format}]+/gu;
/** Whatever looks like a space, the empty pattern of Braille too: a row of them would push the rest out of sight. */
const blanks = /[\p{Separator}\u2800]+/gu;
const combiningFlood = /(\p{M}{2})\p{M}+/gu;
const loneSurrogates = /\p{Surrogate}/gu;

/**
 * Makes foreign text fit for one line of a terminal, a page or a log: escape sequences
 * and invisible characters are dropped, control characters become spaces, a run of blanks becomes one space, at most two
 * combining marks follow each other.
 *
 * @param maximumLength - in code points; a longer text ends in `…`. @default 200
 */
export const displayText = (text: string, maximumLength = 200): DisplayText => {
	// A hostile text may be a megabyte: only look at as much as can matter.
	const clean = text
		.slice(0, maximumLength * 16)
		.replaceAll(loneSurrogates, '\uFFFD')
		.replaceAll(escapeSequences, '')
		.replaceAll(controlCharacters, ' ')
		.replaceAll(invisibleCharacters, '')
		.replaceAll(blanks, ' ')
		.normalize('NFC')
		.replaceAll(combiningFlood, '$1')
		.trim();
	const characters = Array.from(clean);
	return (
		characters.length > maximumLength ? characters.slice(0, maximumLength - 1).join('') + '…' : clean
	) as DisplayText;
};

/** Whether a value can be a token or a secret: a header, or a line of output, takes nothing else (RFC 6749 Appendix A). */
export const isTokenText = (value: unknown): value is string =>
	typeof value === 'string' && /^[\x20-\x7E]+$/.test(value);

/** Whatever reads as the end of a quotation. */
const quotationMarks = /["\u201C-\u201F\u2033\u275D\u275E\uFF02]/g;
/** A text in quotation marks that it cannot end. */
export const quoted = (text: string, maximumLength: number): string =>
	`"${displayText(text.replaceAll(quotationMarks, "'"), maximumLength)}"`;

/** Letters and digits, joined as in names: neither a sentence nor an e-mail address looks like that. */
const plainName = /^(?=.{1,40}$)[\p{L}\p{M}\p{N}]+(?:[ '\u2019-][\p{L}\p{M}\p{N}]+)*$/u;

/** What someone is called. A name may be any text, so one that isn't plainly a name gets quotation marks that it can't end. */
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

/** A person in words, for a sentence: the name is cut before the e-mail address is. */
export const person = (identity: Identity): string => describe(identity);

const asRead = (identity: Identity): string => describe(identity).normalize('NFKC').toLowerCase();

/** Two people in words; where they would read alike, subject and issuer tell them apart (OIDC Core §5.7). */
export const twoPeople = (one: Identity | undefined, other: Identity | undefined): readonly [string, string] => {
	const readAlike = one !== undefined && other !== undefined && asRead(one) === asRead(other);
	const inWords = (identity: Identity | undefined) => {
		if (identity === undefined) return 'an unnamed session';
		const {subject, issuer} = identity;
		return describe(identity, readAlike ? [`subject ${quoted(subject, 255)} at ${displayText(issuer)}`] : []);
	};
	return [inWords(one), inWords(other)];
};

/** A sentence without its full stop. */
export const unstopped = (sentence: string): string => sentence.replace(/\.$/, '');

export const listed = (items: readonly string[], word: 'and' | 'or' = 'and'): string =>
	items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1) ?? ''}`;
