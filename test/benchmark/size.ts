import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {measureBuild} from './built-size.js';
import type {Figure} from './figure.js';
import type {Part} from './parts.js';

const npm = (cwd: string, ...args: readonly string[]) =>
	execFileSync('npm', [...args], {cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});

const weigh = (folder: string): {readonly bytes: number; readonly packages: number} => {
	const files = readdirSync(folder, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
	const bytes = files.reduce((sum, {parentPath, name}) => sum + statSync(path.join(parentPath, name)).size, 0);
	const packages = files.filter(
		({parentPath, name}) => name === 'package.json' && /node_modules\/(@[^/]+\/)?[^/@]+$/.test(parentPath),
	).length;
	return {bytes, packages};
};

/** What is downloaded and installed. The seconds depend on npm's cache and the network. */
export const size: Part = async ({build, folder}) => {
	const built = await measureBuild(build);
	const packed = JSON.parse(
		npm(path.dirname(build), 'pack', '--ignore-scripts', '--json', '--pack-destination', folder),
	) as readonly {readonly filename: string; readonly size: number}[];
	const [{filename, size: bytes} = {filename: '', size: 0}] = packed;
	const install = (name: string, ...specifiers: readonly string[]): readonly Figure[] => {
		const place = path.join(folder, name);
		mkdirSync(place);
		writeFileSync(path.join(place, 'package.json'), '{"private": true}');
		const start = performance.now();
		npm(place, 'install', '--no-audit', '--no-fund', ...specifiers);
		const seconds = (performance.now() - start) / 1000;
		const weight = weigh(path.join(place, 'node_modules'));
		const note = `${weight.packages} packages, ${seconds.toFixed(0)} s`;
		return [{part: 'size', what: `installed: ${name}`, value: weight.bytes / 1e6, unit: 'MB', note}];
	};
	const own = path.join(folder, filename);
	return [
		{part: 'size', what: 'packed (`npm pack`)', value: bytes / 1000, unit: 'KB'},
		...install('ink-login, with the command', '--omit=peer', own),
		...install('ink-login in an Ink application', own, 'ink', 'react'),
		...install('@azure-msal-node', '@azure/msal-node'),
		{part: 'size', what: "the command's entry", value: built.entry / 1000, unit: 'KB'},
		{part: 'size', what: 'the whole command, its Ink included', value: built.command / 1000, unit: 'KB'},
		{part: 'size', what: 'the engine, bundled: loaded at once', value: built.engine / 1000, unit: 'KB', atMost: 60},
		{
			part: 'size',
			what: 'the engine, bundled: with all that is loaded later',
			value: built.wholeEngine / 1000,
			unit: 'KB',
		},
	];
};
