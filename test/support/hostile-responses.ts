import type {ScriptedResponse} from '../../source/testing/index.js';
import type {Reply} from '../../source/testing/response.js';

const megabyte = 2 ** 20;

async function* endless(chunk: string): AsyncGenerator<string> {
	for (;;) {
		yield chunk;
		await new Promise(resolve => setImmediate(resolve));
	}
}

/** A byte now and then, too few of them to be done in any time. */
async function* dripping(): AsyncGenerator<string> {
	for (;;) {
		yield ' ';
		await new Promise(resolve => setTimeout(resolve, 50));
	}
}

async function* breakingOff(): AsyncGenerator<string> {
	yield '{"issuer":"https://op.exa';
	await new Promise(resolve => setImmediate(resolve));
	throw new Error('the other side hung up');
}

/** The honest answer with its members changed. */
const changed =
	(change: (members: Record<string, unknown>) => Record<string, unknown>): ScriptedResponse =>
	async (_request, conforming) => {
		const reply: Reply = await conforming();
		const {body} = reply;
		const isObject = typeof body === 'object' && !(body instanceof Uint8Array) && !(Symbol.asyncIterator in body);
		return isObject ? {...reply, body: change({...body})} : reply;
	};

const wrongType = (value: unknown): unknown => {
	if (typeof value === 'string') return [value];
	if (typeof value === 'number') return {value};
	return typeof value === 'boolean' ? 'yes' : 7;
};

const every = (change: (value: unknown) => unknown) =>
	changed(members => Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)])));

/** What a hostile server answers in place of the honest response, whatever it was asked. */
export const hostileResponses = {
	'an endless body': () => ({body: endless('{"a":' + ' '.repeat(64 * 1024))}),
	'endless JSON members': () => ({body: endless('"a":"' + 'x'.repeat(16 * 1024) + '",')}),
	'a huge body': () => ({body: `{"a":"${'x'.repeat(8 * megabyte)}"}`}),
	'a dripping body': () => ({body: dripping()}),
	'no response ever': 'hang',
	'a closed connection': 'drop',
	'half a response': () => ({body: breakingOff()}),
	'a web page': {
		headers: {'content-type': 'text/html'},
		body: '<!doctype html><title>Welcome</title><h1>Hotel WLAN</h1>',
	},
	'a web page that says it is JSON': {body: '<!doctype html><title>Welcome</title>'},
	'an empty body': {body: ''},
	'nothing, with 204': {status: 204, body: undefined},
	'a list': {body: '[{"access_token":"x"}]'},
	null: {body: 'null'},
	'a number': {body: '1e999'},
	'a string': {body: '"__proto__"'},
	'members of wrong types': every(wrongType),
	'members that are null': every(() => null),
	'members that are empty': every(() => ''),
	'members that are huge numbers': every(() => 1e300),
	'members that are negative': every(() => -1),
	'members of hostile text': every(() => '\u001B]0;owned\u0007\u202E\u009B2J\r\n%00/../'),
	'half a megabyte in each member': changed(members => ({
		...members,
		...Object.fromEntries(
			Object.keys(members)
				.slice(0, 1)
				.map(name => [name, 'x'.repeat(megabyte / 2)]),
		),
	})),
	'text that is not UTF-8': {body: Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d)},
	'JSON nested without end': {body: '{"a":'.repeat(100_000)},
	'lists nested in lists': {body: '['.repeat(50_000) + ']'.repeat(50_000)},
	'a prototype': {body: '{"__proto__":{"access_token":"x","issuer":"x"},"constructor":{"prototype":{"polluted":1}}}'},
	'a redirect to someone else': {status: 307, headers: {location: 'https://evil.example.test/'}},
	'a redirect to itself': request => ({status: 302, headers: {location: request.url.href}}),
	'a redirect without a place': {status: 301},
	'an error that is an object': {status: 400, body: {error: {code: 'invalid_grant'}}},
	'an error of hostile text': {
		status: 400,
		body: {
			error: '\u001B[2J\u202Eresu_dilavni',
			error_description: 'x\u0000\u009B'.repeat(5000),
			error_uri: 'javascript:alert(1)',
		},
	},
	'status 500 with a page': {status: 500, headers: {'content-type': 'text/html'}, body: '<h1>Oops</h1>'},
	'status 503 for years': {status: 503, headers: {'retry-after': '99999999999999999999'}},
	'status 429': {status: 429, headers: {'retry-after': '-1'}, body: ''},
	'status 401 with a flood of challenges': {
		status: 401,
		headers: {'www-authenticate': Array.from({length: 300}, (_, index) => `X${index} a="b"`).join(', ')},
	},
	'status 401 with a challenge that is none': {status: 401, headers: {'www-authenticate': '\\"=,,;=Bearer'}},
} as const satisfies Readonly<Record<string, ScriptedResponse>>;

export type HostileResponse = keyof typeof hostileResponses;
