/** Text that is HTML already. */
export class Markup {
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	toString(): string {
		return this.#text;
	}
}

const entities: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
};

/** HTML in which every value is escaped unless it is {@link Markup}; `undefined` and `false` leave nothing. */
export const html = (
	strings: TemplateStringsArray,
	...values: readonly (Markup | string | undefined | false)[]
): Markup => {
	const text = values.map(value => {
		if (value instanceof Markup) return value.toString();
		if (value === undefined || value === false) return '';
		return value.replaceAll(/[&<>"']/g, character => entities[character] ?? '');
	});
	return new Markup(String.raw({raw: strings}, ...text));
};
