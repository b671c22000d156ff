/** The ids of the checklist and the names of modules in a text, ranges such as `P01-P04` and `O03 to O16` spelled out. */
export const answeredIds = (text: string, known: ReadonlySet<string>): readonly string[] => {
	const found = new Set<string>();
	for (const [word] of text.matchAll(/(?<![\w-])[a-z][\w-]*-[\w-]+/g)) {
		if (known.has(word)) found.add(word);
	}

	for (const [, letter = '', first = '', last = first] of text.matchAll(
		/\b([A-Z])(\d{1,2})\b(?:(?:-| to )\1(\d{1,2})\b)?/g,
	)) {
		for (let number = Number(first); number <= Number(last); number++) {
			const id = letter + String(number).padStart(first.length, '0');
			if (known.has(id)) found.add(id);
		}
	}

	return [...found];
};
