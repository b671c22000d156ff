import {unstopped} from '../core/safe-text.js';

/**
 * What to say in place of the engine's English sentences, and of their parts. `{0}`, `{1}` and so on stand for names, URLs,
 * numbers, or another sentence. source/text/sentences.json has them all.
 */
export type Sentences = Readonly<Record<string, string>>;

type Translate = (said: string) => string;

const place = /\{(\d+)\}/g;

const patternOf = (english: string): RegExp => {
	const literal = english.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
	return new RegExp(`^${literal.replaceAll(/\\\{\d+\\\}/g, '(.*?)')}$`, 'su');
};

/** How much of it is its own words: of several that fit, the one with the most is meant. */
const ownWords = (english: string): number => english.replaceAll(place, '').length;

const translator = (sentences: Sentences): Translate => {
	const patterns = Object.entries(sentences)
		.filter(([english]) => english.search(place) !== -1 && ownWords(english) > 1)
		.sort(([one], [other]) => ownWords(other) - ownWords(one))
		.map(([english, own]) => ({pattern: patternOf(english), own}));

	const one = (said: string): string | undefined => {
		if (Object.hasOwn(sentences, said)) return sentences[said];
		for (const {pattern, own} of patterns) {
			const [, ...values] = pattern.exec(said) ?? [];
			if (values.length > 0) return own.replaceAll(place, (_, index: string) => translate(values[Number(index)] ?? ''));
		}

		if (/[.?!]$/.test(said)) return undefined;
		const stopped = sentences[`${said}.`];
		return stopped === undefined ? undefined : unstopped(stopped);
	};

	/** Up to the first end of a sentence that is known, and the rest. */
	const split = (said: string): readonly [string, string] | undefined => {
		// No sentence of ours is longer than a few; a server's text may be hundreds of full stops.
		for (const {index} of [...said.matchAll(/(?<=[.?!]) /g)].slice(0, 5)) {
			const first = one(said.slice(0, index));
			if (first !== undefined) return [first, said.slice(index + 1)];
		}

		return undefined;
	};

	/** Several sentences are told one by one before a place may take in more than it should. */
	const all = (said: string): string | undefined => {
		if (Object.hasOwn(sentences, said)) return sentences[said];
		const [first, rest = ''] = split(said) ?? [];
		const others = first === undefined ? undefined : all(rest);
		return others === undefined ? one(said) : `${first} ${others}`;
	};

	const translate: Translate = said => {
		const whole = all(said);
		if (whole !== undefined) return whole;
		const end = said.search(/(?<=[.?!]) /);
		if (end === -1) return said;
		const [first, rest] = split(said) ?? [said.slice(0, end), said.slice(end + 1)];
		return `${first} ${translate(rest)}`;
	};

	return translate;
};

const translators = new WeakMap<Sentences, Translate>();

/** The sentence, or several, in other words; what is not known stays as it is. */
export const translatorOf = (sentences: Sentences): Translate => {
	const made = translators.get(sentences) ?? translator(sentences);
	translators.set(sentences, made);
	return made;
};
