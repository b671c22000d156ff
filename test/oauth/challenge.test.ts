import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {parseChallenges, tokenChallenges} from '../../source/oauth/challenge.js';

/** As plain data, to be compared. */
const read = (field: string) =>
	parseChallenges(field).map(({scheme, parameters}) => ({scheme, ...Object.fromEntries(parameters)}));

const cases: readonly (readonly [string, string, readonly object[]])[] = [
	['nothing', '', []],
	['a scheme alone', 'Bearer', [{scheme: 'bearer'}]],
	['one parameter', 'Bearer realm="api"', [{scheme: 'bearer', realm: 'api'}]],
	[
		'the example of RFC 9110',
		'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
		[
			{scheme: 'basic', realm: 'simple'},
			{scheme: 'newauth', realm: 'apps', type: '1', title: 'Login to "apps"'},
		],
	],
	['token68', 'Negotiate YII+/x==, Bearer', [{scheme: 'negotiate'}, {scheme: 'bearer'}]],
	['names in any case', 'BEARER Error="x", SCOPE=a', [{scheme: 'bearer', error: 'x', scope: 'a'}]],
	['blanks around the equals sign', 'Bearer error = "x" ,scope\t=\ta', [{scheme: 'bearer', error: 'x', scope: 'a'}]],
	['empty list elements', ', ,Bearer a=1,, ,b=2,', [{scheme: 'bearer', a: '1', b: '2'}]],
	[
		'a comma and a challenge in quotes',
		'Bearer a="x, Basic b=1", c=2',
		[{scheme: 'bearer', a: 'x, Basic b=1', c: '2'}],
	],
	['a parameter twice', 'Bearer a=1, a=2', [{scheme: 'bearer', a: '1'}]],
	[
		'a URL without quotes',
		'Bearer resource_metadata=https://a.example/x?y=1',
		[{scheme: 'bearer', resource_metadata: 'https://a.example/x?y=1'}],
	],
	['parameters that no comma parts', 'Bearer a="1" b="2"', [{scheme: 'bearer', a: '1', b: '2'}]],
	['an empty value', 'Bearer a="", b=', [{scheme: 'bearer', a: '', b: ''}]],
	['a quotation mark that never closes', 'Bearer a=1, b="x, Bearer c=2', [{scheme: 'bearer', a: '1'}]],
	['a name like a member of every object', 'Bearer __proto__="x"', [{scheme: 'bearer', ['__proto__']: 'x'}]],
	['parameters before any scheme', 'a=1, Bearer b=2', [{scheme: 'bearer', b: '2'}]],
];

for (const [name, field, expected] of cases) {
	test(`the challenges of a field: ${name}`, () => assert.deepEqual(read(field), expected));
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~\w-]{1,12}$/);
const challenge = fc.record({
	scheme: token,
	parameters: fc.uniqueArray(fc.tuple(token, fc.string({maxLength: 20})), {
		selector: ([name]) => name.toLowerCase(),
		maxLength: 4,
	}),
});

test('whatever list of challenges is written by the grammar is read again', () => {
	const blanks = fc.constantFrom('', ' ', '\t', '  ');
	fc.assert(
		fc.property(fc.array(challenge, {maxLength: 6}), blanks, blanks, (challenges, before, after) => {
			const field = challenges
				.map(({scheme, parameters}) =>
					[
						scheme,
						parameters
							.map(([name, value]) => `${name}${before}=${after}"${value.replaceAll(/["\\]/g, '\\$&')}"`)
							.join(`${before},${after}`),
					].join(' '),
				)
				.join(`${before}, ${after}`);
			assert.deepEqual(
				parseChallenges(field).map(({scheme, parameters}) => ({scheme, parameters: [...parameters]})),
				challenges.map(({scheme, parameters}) => ({
					scheme: scheme.toLowerCase(),
					parameters: parameters.map(([name, value]) => [name.toLowerCase(), value]),
				})),
			);
		}),
	);
});

test('any text is read without an error, and a hostile one as quickly as another', () => {
	const pieces = ['"', '\\', '=', ',', ' ', 'a', 'Bearer ', 'a="', '\\"', '\t', 'scope="x"', '\u0000', 'é'];
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...pieces), {maxLength: 50}), fc.nat(20_000), (parts, times) => {
			const started = performance.now();
			parseChallenges(parts.join('').repeat(times));
			assert.ok(performance.now() - started < 1000);
		}),
		{numRuns: 300},
	);
});

const challengesOf = (...fields: readonly string[]) => {
	const headers = new Headers();
	for (const field of fields) headers.append('www-authenticate', field);
	return tokenChallenges(headers);
};

test('the OAuth challenges of several fields say what a token lacks', () => {
	assert.deepEqual(
		challengesOf(
			'Basic realm="old"',
			'Bearer error="insufficient_scope", error_description="Mail\u001B[2J needs  more", scope="mail.read  mail.send"',
			'DPoP error="insufficient_user_authentication", acr_values="phr phrh", max_age=60, resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
		),
		[
			{
				error: 'insufficient_scope',
				scope: 'mail.read mail.send',
				resourceMetadata: undefined,
				acrValues: undefined,
				maxAge: undefined,
			},
			{
				error: 'insufficient_user_authentication',
				scope: undefined,
				resourceMetadata: 'https://api.example/.well-known/oauth-protected-resource',
				acrValues: 'phr phrh',
				maxAge: 60,
			},
		],
	);
});

test('what is malformed in an OAuth challenge is missing', () => {
	const [challenge] = challengesOf(
		'Bearer scope="a\\"b", max_age="-1", acr_values="", resource_metadata="http://intranet/x", error="é"',
	);
	assert.deepEqual(JSON.parse(JSON.stringify(challenge)), {});
});
