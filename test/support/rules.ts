import {readFileSync} from 'node:fs';
import path from 'node:path';

export type Rule = {
	readonly id: string;
	/** The heading that it stands under. */
	readonly family: string;
	/** The section of an RFC, or what the rule is about. */
	readonly about: string;
	/** Why no test answers it. */
	readonly untested?: string;
};

const pageName = path.join(import.meta.dirname, '../RULES.md');
const withoutTest = 'Rules without a test';

/** The rules of test/RULES.md, in its order. */
export const readRules = (page = readFileSync(pageName, 'utf8')): readonly Rule[] => {
	const rows = page.split(/^## /m).flatMap(part => {
		const [family = ''] = part.split('\n');
		const cells = Array.from(part.matchAll(/^\| ([A-Z]\d+|demand \d+) +\| *(.*?) *\|(?: .* \|)?$/gm));
		return cells.map(([, id = '', about = '']) => ({id, family, about}));
	});
	const reasons = new Map(rows.filter(({family}) => family === withoutTest).map(({id, about}) => [id, about]));
	return rows
		.filter(({family}) => family !== withoutTest)
		.map(rule => (reasons.has(rule.id) ? {...rule, untested: reasons.get(rule.id)} : rule));
};

/** The titles of the tests in a file, and the names of its properties. */
export const titlesIn = (text: string): readonly string[] =>
	Array.from(text.matchAll(/(?:\btest\(\s*|\bname: )(['"`])([^]*?)\1/g), ([, , title = '']) => title);

/** The ids that a test's title begins with: `D13, S7: …`, `demands 1, 2 and 4: …`. */
export const citedIds = (title: string): readonly string[] => {
	const [head = ''] = title.includes(': ') ? title.split(': ') : [];
	const demands = Array.from(head.matchAll(/\bdemands? (\d+(?:(?:, | and )\d+)*)/g), ([, list = '']) => list);
	return [
		...Array.from(head.matchAll(/\b[A-Z]\d{1,2}\b/g), ([id]) => id),
		...demands.flatMap(list => Array.from(list.matchAll(/\d+/g), ([number]) => `demand ${number}`)),
	];
};
