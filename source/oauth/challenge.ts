import {checkUrl} from '../core/safe-url.js';

/** One challenge of a `WWW-Authenticate` field (RFC 9110 §11.6.1). */
type Challenge = {
	/** In lower case. */
	readonly scheme: string;
	/** By their names in lower case; of two with one name the first counts. */
	readonly parameters: ReadonlyMap<string, string>;
};

/** Characters that are read. */
const longestField = 8192;

const separators = /[\s,]*/y;
const parameterName = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*/y;
const quotedValue = /"((?:[^"\\]|\\[^])*)"/y;
/** More than a token may hold: URLs are often sent without quotation marks. */
const bareValue = /([^\s,"]+)/y;
const schemeName = /([!#$%&'*+.^_`|~\w-]+)/y;
/** What stands in the place of parameters, as with Negotiate. */
const token68Value = /[ \t]+([\w.~+/-]+=*)[ \t]*(?=,|$)/y;

/**
 * The challenges of a `WWW-Authenticate` field, or of several that were joined by commas. Takes any text, in time that
 * grows with its length alone: what cannot be read is passed over, and nothing after a quotation mark that never closes
 * counts.
 */
export const parseChallenges = (field: string): readonly Challenge[] => {
	const text = field.slice(0, longestField);
	const challenges: Challenge[] = [];
	let parameters = new Map<string, string>();
	let index = 0;
	const take = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = index;
		const match = pattern.exec(text);
		if (match === null) return undefined;
		index = pattern.lastIndex;
		return match[1] ?? '';
	};

	for (take(separators); index < text.length; take(separators)) {
		const name = take(parameterName)?.toLowerCase();
		if (name !== undefined) {
			const isQuoted = text[index] === '"';
			const value = isQuoted ? take(quotedValue)?.replaceAll(/\\([^])/g, '$1') : (take(bareValue) ?? '');
			if (value === undefined) break;
			if (!parameters.has(name)) parameters.set(name, value);
			continue;
		}

		const scheme = take(schemeName)?.toLowerCase();
		if (scheme === undefined) {
			index += 1;
			continue;
		}

		parameters = new Map();
		take(token68Value);
		challenges.push({scheme, parameters});
	}

	return challenges;
};

/** What a resource server says of a token (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1); whatever is malformed is missing. */
export type TokenChallenge = {
	/** Such as `insufficient_scope`. */
	readonly error?: string;
	/** Space separated. */
	readonly scope?: string;
	/** Where the resource describes itself: https, or http on loopback. */
	readonly resourceMetadata?: string;
	/** Space separated, the preferred one first. */
	readonly acrValues?: string;
	/** Seconds. */
	readonly maxAge?: number;
};

/**
 * A list of scopes, or undefined where it holds what no scope may (RFC 6749 §3.3); error codes and authentication context
 * classes are of the same characters.
 */
export const scopeList = (text: string | undefined): string | undefined => {
	const words = text?.split(' ').filter(Boolean).join(' ') ?? '';
	return words.length <= 2000 && /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/.test(words) ? words : undefined;
};

/** The challenges of a response that are about an OAuth access token. */
export const tokenChallenges = (headers: Headers): readonly TokenChallenge[] =>
	parseChallenges(headers.get('www-authenticate') ?? '').flatMap(({scheme, parameters}) => {
		if (scheme !== 'bearer' && scheme !== 'dpop') return [];
		const metadata = checkUrl(parameters.get('resource_metadata') ?? '');
		const maxAge = parameters.get('max_age') ?? '';
		return [
			{
				error: scopeList(parameters.get('error')),
				scope: scopeList(parameters.get('scope')),
				resourceMetadata: typeof metadata === 'string' ? undefined : metadata.href,
				acrValues: scopeList(parameters.get('acr_values')),
				maxAge: /^\d{1,9}$/.test(maxAge) ? Number(maxAge) : undefined,
			},
		];
	});

/** Of several challenges the one that says where the resource describes itself. */
export const signInChallenge = (headers: Headers): TokenChallenge | undefined => {
	const all = tokenChallenges(headers);
	return all.find(({resourceMetadata}) => resourceMetadata !== undefined) ?? all[0];
};
