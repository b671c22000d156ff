import process from 'node:process';
import {parseArgs} from 'node:util';
import type {BrowserOpener} from '../../source/login/terminal.js';
import {LoginError} from '../../source/core/errors.js';
import {oidc} from '../../source/oauth/presets/by-the-book.js';
import {showNdjson} from '../../source/text/ndjson.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';
import {flows, type FlowName} from '../../source/core/types.js';

const usage = `npm run conformance -- --issuer URL [--client-id ID] [--client-secret-env NAME]
    [--flow browser|device|client-credentials]... [--scope S] [--redirect-uri U] [--param NAME=VALUE]... [--timeout S]
`;

const write = (text: string) => void process.stdout.write(text);

/** A browser whose suite asks nobody anything: it follows redirects and keeps cookies until a page comes. */
const followingBrowser = (): BrowserOpener => {
	const cookies = new Map<string, Map<string, string>>();
	return async (address, signal) => {
		let url = new URL(address);
		for (let hop = 0; hop < 20; hop++) {
			const jar = cookies.get(url.host) ?? new Map<string, string>();
			cookies.set(url.host, jar);
			const response = await fetch(url, {
				headers: {
					accept: 'text/html',
					'sec-fetch-dest': 'document',
					cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
				},
				redirect: 'manual',
				signal,
			});
			for (const cookie of response.headers.getSetCookie()) {
				const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
				jar.set(name.trim(), value);
			}

			const page = await response.text();
			const location = response.headers.get('location');
			if (location === null) {
				const [, title = 'a page without a title'] = /<title>([^<]*)/i.exec(page) ?? [];
				return response.ok
					? {status: 'opened'}
					: {status: 'failed', detail: `${url.host} answered ${response.status}: ${title}`};
			}

			url = new URL(location, url);
		}

		return {status: 'failed', detail: 'The address leads in circles.'};
	};
};

/** Tells what came of one step, and whether it worked. */
const step = async (name: string, work: () => Promise<unknown>): Promise<boolean> => {
	try {
		write(`${JSON.stringify({step: name, result: await work()})}\n`);
		return true;
	} catch (error) {
		if (!(error instanceof LoginError)) throw error;
		const {code, message, endpoint, status} = error;
		write(`${JSON.stringify({step: name, refused: {code, message, endpoint, status}})}\n`);
		return false;
	}
};

/**
 * Drives the engine through a server, or a conformance suite, that runs somewhere else: for each flow one login with
 * everything that follows it, each event and outcome a line of JSON. Whether a refusal is what the module wanted is for
 * the suite to say.
 *
 * @returns the exit code: 0 where every login worked
 */
export const runElsewhere = async (words: readonly string[]): Promise<number> => {
	const {values} = parseArgs({
		args: [...words],
		options: {
			issuer: {type: 'string'},
			'client-id': {type: 'string', default: 'ink-login'},
			'client-secret-env': {type: 'string'},
			flow: {type: 'string', multiple: true, default: ['browser']},
			scope: {type: 'string'},
			'redirect-uri': {type: 'string'},
			param: {type: 'string', multiple: true, default: []},
			timeout: {type: 'string', default: '60'},
		},
	});
	const {issuer = '', flow: chosen, scope, timeout} = values;
	const isFlowName = (name: string): name is FlowName => flows.some(flow => flow === name);
	if (!URL.canParse(issuer) || !chosen.every(isFlowName)) {
		write(usage);
		return 2;
	}

	const secret = process.env[values['client-secret-env'] ?? ''];
	const authorize = Object.fromEntries(values.param.map(pair => [pair.split('=', 1)[0]!, pair.replace(/^[^=]*=/, '')]));
	const provider = {
		...oidc({issuer, clientId: values['client-id']}),
		...(secret !== undefined && {clientSecret: secret}),
		...(scope !== undefined && {scope}),
		...(values['redirect-uri'] !== undefined && {redirect: {uri: values['redirect-uri']}}),
		parameters: {authorize},
	};
	let failures = 0;
	for (const flow of chosen) {
		const engine = new EngineWithBrowser({provider, store: createMemoryStore(), openBrowser: followingBrowser()});
		const signIn = async () => {
			const run = engine.login({flow, timeout: Number(timeout)});
			await showNdjson(run, {write});
			const {identity, expiresAt} = await run.session;
			return {identity, expiresAt};
		};
		if (!(await step(`${flow} login`, signIn))) {
			failures++;
			continue;
		}

		await step('userinfo', async () => (await engine.userInfo()).claims);
		await step('refresh', async () => {
			await engine.tokens({rejected: await engine.token()});
			return 'a new token';
		});
		await step('userinfo with the new token', async () => (await engine.userInfo()).claims);
		await step('logout', async () => engine.logout());
	}

	return failures === 0 ? 0 : 1;
};
