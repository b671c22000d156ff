import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {approveDevice} from '../support/oidc-server/approve.js';
import type {DemoServer} from '../support/oidc-server/start-demo-server.js';
import {runInPty} from '../support/pty.js';
import {cleanEnvironment, type Project} from './projects.js';

const login = `
import {createMemoryStore, login, oidc, TokenEngine} from 'ink-login';
const [issuer, clientId] = process.argv.slice(2);
const engine = new TokenEngine({provider: oidc({issuer, clientId}), store: createMemoryStore()});
const session = await login(engine, {flow: 'device'});
console.log('The token of', session.identity.name, 'has', (await session.getToken()).length, 'characters');
`;

/** Every export has its types, and a program that hands the props in compiles. */
const typed = `
import {createMemoryStore, Login, login, oidc, TokenEngine, useLogin, type LoginProps} from 'ink-login';
const engine = new TokenEngine({provider: oidc({issuer: 'https://id.example', clientId: 'app'}), store: createMemoryStore()});
const props: LoginProps = {engine, maxRows: 10, onSignedIn: session => console.log(session.identity?.name)};
export const screen = <Login {...props} theme={{accent: 'magenta'}} />;
export const signIn = async () => login(engine, {show: 'plain'});
export const Own = () => useLogin(engine).state.phase;
// @ts-expect-error -- no such prop
export const wrong = <Login engine={engine} colour="red" />;
`;

type Ended = {readonly code: number; readonly output: string};

const start = async (
	file: string,
	args: readonly string[],
	cwd: string,
	env: Record<string, string> = {},
): Promise<Ended> =>
	new Promise(resolve => {
		execFile(file, args, {cwd, env: {...cleanEnvironment(), ...env}, maxBuffer: 2 ** 26}, (error, stdout, stderr) => {
			resolve({code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr});
		});
	});

const compilerOptions = {
	strict: true,
	exactOptionalPropertyTypes: true,
	module: 'nodenext',
	target: 'es2023',
	lib: ['es2023', 'dom', 'esnext.disposable'],
	jsx: 'react-jsx',
	noEmit: true,
	types: ['node'],
	typeRoots: ['../node_modules/@types'],
};

/** Whether a program that uses the package compiles; the whole project is told how JSX is meant. */
export const compiles = async ({folder}: Project): Promise<boolean> => {
	await writeFile(path.join(folder, 'typed.tsx'), typed);
	await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions}));
	await writeFile(path.join(folder, 'tsconfig.typed.json'), JSON.stringify({compilerOptions, files: ['typed.tsx']}));
	const compiler = path.join(folder, '../node_modules/typescript/bin/tsc');
	const {output} = await start(process.execPath, [compiler, '-p', 'tsconfig.typed.json'], folder);
	// What is wrong in the types of others is theirs.
	const ours = output.split('\n').filter(line => line.includes('error TS') && /^typed|ink-login/.test(line));
	for (const line of ours) process.stderr.write(`${line}\n`);
	return ours.length === 0;
};

/** The tests of the screens, as a word for the table. */
export const suite = async (node: string, {folder}: Project, files: readonly string[]): Promise<string> => {
	const loader = new URL(`file://${path.join(folder, '../node_modules/tsx/dist/loader.mjs')}`).href;
	const {output} = await start(node, ['--import', loader, '--test', '--test-reporter=tap', ...files], folder);
	const [passed = '0', failed = '1'] = ['pass', 'fail'].map(
		name => new RegExp(`^# ${name} (\\d+)`, 'm').exec(output)?.[1],
	);
	if (failed !== '0' || passed === '0') process.stderr.write(`${output.replaceAll(/^ok[^]*?\.\.\.$/gm, '')}\n`);
	return failed === '0' && passed !== '0' ? `${passed} passed` : `${failed} FAILED`;
};

/** A person reads the code off the screen, and approves it. */
export const signIn = async (node: string, {folder}: Project, {issuer, clientId}: DemoServer): Promise<boolean> => {
	await writeFile(path.join(folder, 'login.js'), login);
	await using terminal = runInPty({
		command: node,
		args: ['login.js', issuer, clientId],
		cwd: folder,
		rows: 40,
		columns: 100,
	});
	try {
		const [userCode = ''] = /[A-Z]{4}-[A-Z]{4}/.exec(await terminal.waitFor(/[A-Z]{4}-[A-Z]{4}/)) ?? [];
		await approveDevice({issuer, userCode});
		await terminal.waitFor(/The token of Alice Demo has \d+ characters/, 'the token', 30_000);
		return (await terminal.exit).code === 0;
	} catch (error) {
		process.stderr.write(`${String(error)}\n`);
		return false;
	}
};

/** `ink-login/engine` and the command, with neither Ink nor React about. */
export const withoutInk = async (
	node: string,
	{folder}: Project,
	{issuer, machineClient}: DemoServer,
): Promise<readonly boolean[]> => {
	await writeFile(
		path.join(folder, 'engine.js'),
		`
import {createMemoryStore, login, oidc, TokenEngine} from 'ink-login/engine';
const provider = oidc({issuer: '${issuer}', clientId: '${machineClient.clientId}', clientSecret: '${machineClient.clientSecret}'});
const engine = new TokenEngine({provider, store: createMemoryStore()});
const session = await login(engine, {flow: 'client-credentials', show: 'plain'});
console.log((await session.getToken()).length > 0 ? 'token' : 'none');
`,
	);
	const engine = await start(node, ['engine.js'], folder, {CI: 'true'});
	const command = path.join(folder, 'node_modules/.bin/ink-login');
	const home = {INK_LOGIN_HOME: path.join(folder, 'home')};
	const demo = await start(node, [command, 'demo', '--flow', 'client-credentials', '--json'], folder, home);
	const version = await start(node, [command, '--version'], folder);
	for (const {code, output} of [engine, demo, version]) if (code !== 0) process.stderr.write(output);
	return [engine.output.includes('token'), demo.output.includes('"type":"signed-in"'), version.code === 0];
};
