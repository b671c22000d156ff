import {readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {startDemoServer, type DemoServer} from '../support/oidc-server/start-demo-server.js';
import {compiles, signIn, suite, withoutInk} from './checks.js';
import {addSuite, createProject, findNode, openWorkshop, type Project, type Workshop} from './projects.js';

/**
 * `npm run test:matrix`: the packed package beside each Ink on each Node, and without Ink. In each of them someone signs
 * in to the embedded server with the package, and the suite of the screens runs on the same source with that Ink and
 * React. Major versions of Node as arguments leave out the others, and so do parts of what is installed, such as `ink@7`.
 */
const args = process.argv.slice(2);
const wanted = args.filter(arg => /^\d+$/.test(arg)).map(Number);
const wantedInks = args.filter(arg => !/^\d+$/.test(arg));
const nodes = [20, 22, 24].filter(major => wanted.length === 0 || wanted.includes(major));
const inks = [
	['ink@6.4.0', 'react@19.1'],
	// As a large coding agent has it.
	['ink@npm:@jrichman/ink@6.6.9', 'react@19.2'],
	['ink@6.8.0', 'react@19.2'],
	['ink@7', 'react@19.2'],
	['ink@8', 'react@19.3'],
] as const;

const headings = ['Node', 'Ink', 'React', 'npm complains', 'copies of Ink', 'types', 'suite of the screens', 'a login'];
const rows: (readonly string[])[] = [headings];
const note = (row: readonly string[], isGood: boolean) => {
	rows.push(row);
	if (!isGood) process.exitCode = 1;
	process.stderr.write(`${isGood ? 'ok    ' : 'not ok'} ${row.join(' · ')}\n`);
};
const word = (isGood: boolean) => (isGood ? 'yes' : 'NO');

const versionOf = async ({folder}: Project, name: string): Promise<string> => {
	const manifest = await readFile(path.join(folder, 'node_modules', name, 'package.json'), 'utf8');
	return (JSON.parse(manifest) as {readonly version: string}).version;
};

const tryInk = async (workshop: Workshop, packages: readonly string[], server: DemoServer): Promise<void> => {
	const project = await createProject(workshop, packages[0]?.replaceAll(/[@:/]+/g, '-') ?? '', packages);
	const [ink, react, copies, types] = [
		await versionOf(project, 'ink'),
		await versionOf(project, 'react'),
		await project.copiesOf('ink'),
		await compiles(project),
	];
	const files = await addSuite(project.folder);
	for (const line of project.complaints) process.stderr.write(`${line}\n`);
	for (const major of nodes) {
		const node = await findNode(major);
		if (node === undefined) {
			note([String(major), ink, react, '', '', '', 'no such Node here', ''], true);
			continue;
		}

		const tests = await suite(node, project, files);
		const signedIn = await signIn(node, project, server);
		const isGood =
			project.complaints.length === 0 && copies.length === 1 && types && tests.endsWith('passed') && signedIn;
		note(
			[
				String(major),
				ink,
				react,
				word(project.complaints.length > 0),
				String(copies.length),
				word(types),
				tests,
				word(signedIn),
			],
			isGood,
		);
	}
};

const tryWithoutInk = async (workshop: Workshop, server: DemoServer): Promise<void> => {
	const project = await createProject(workshop, 'without-ink', []);
	const copies = [...(await project.copiesOf('ink')), ...(await project.copiesOf('react'))];
	for (const major of nodes) {
		const node = await findNode(major);
		if (node === undefined) continue;
		const [engine = false, demo = false, version = false] = await withoutInk(node, project, server);
		const isGood = project.complaints.length === 0 && copies.length === 0 && engine && demo && version;
		const signedIn = `engine ${word(engine)}, command ${word(demo && version)}`;
		note(
			[String(major), 'none', 'none', word(project.complaints.length > 0), String(copies.length), '', '', signedIn],
			isGood,
		);
	}
};

const server = await startDemoServer();
try {
	await using workshop = await openWorkshop();
	const isWanted = (name: string) => wantedInks.length === 0 || wantedInks.some(part => name.includes(part));
	for (const packages of inks) if (isWanted(packages[0])) await tryInk(workshop, packages, server);
	if (isWanted('none')) await tryWithoutInk(workshop, server);
} finally {
	await server.stop();
}

const widths = headings.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
for (const row of rows) {
	const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
	process.stdout.write(`${line.trimEnd()}\n`);
}
