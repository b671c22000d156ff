import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {engineSizes} from './built-size.js';
import {skip, type Figure} from './figure.js';
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
	const figure = (what: string, value: number, unit: 'KB' | 'MB', more?: Pick<Figure, 'atMost' | 'note'>): Figure => ({
		part: 'size',
		what,
		value,
		unit,
		...more,
	});
	const [{filename, size: bytes}] = JSON.parse(
		npm(path.dirname(build), 'pack', '--ignore-scripts', '--json', '--pack-destination', folder),
	) as [{readonly filename: string; readonly size: number}];
	const install = (name: string, ...specifiers: readonly string[]): readonly Figure[] => {
		const place = path.join(folder, name);
		mkdirSync(place);
		writeFileSync(path.join(place, 'package.json'), '{"private": true}');
		const start = performance.now();
		try {
			npm(place, 'install', '--no-audit', '--no-fund', ...specifiers);
		} catch {
			skip(`installed: ${name}`, 'the npm registry is not reachable');
			return [];
		}

		const seconds = (performance.now() - start) / 1000;
		const weight = weigh(path.join(place, 'node_modules'));
		const note = `${weight.packages} packages, ${seconds.toFixed(0)} s`;
		return [figure(`installed: ${name}`, weight.bytes / 1e6, 'MB', {note})];
	};
	const own = path.join(folder, filename);
	const {atOnce, all} = await engineSizes(build);
	return [
		figure('packed (`npm pack`)', bytes / 1000, 'KB', {atMost: 450}),
		...install('ink-login, with the command', '--omit=peer', own),
		...install('ink-login in an Ink application', own, 'ink', 'react'),
		figure('the engine, bundled: loaded at once', atOnce / 1000, 'KB', {atMost: 60}),
		figure('the engine, bundled: with all that is loaded later', all / 1000, 'KB'),
	];
};
