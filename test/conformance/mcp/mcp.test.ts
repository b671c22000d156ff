import assert from 'node:assert/strict';
import test from 'node:test';
import {listScenarios, playScenario, prepareSuite} from './suite.js';

/** What the client does not pass, and why. */
const leftOut: Readonly<Record<string, string>> = {
	'auth/enterprise-managed-authorization': 'a company that grants access in place of the person is not supported',
	'auth/dpop': 'tokens are not bound to a key (RFC 9449)',
	'auth/dpop-nonce': 'tokens are not bound to a key (RFC 9449)',
};

/** Each scenario at the oldest and at the newest revision that has it, among those that authorize. */
const revisionsOf = (revisions: readonly string[]): readonly (string | undefined)[] => {
	const among = revisions.filter(revision => revision !== '2025-06-18');
	return among.length === 0 ? [undefined] : among;
};

const unreachable = await prepareSuite();
const isUnreachable = unreachable !== undefined;

if (isUnreachable) {
	test(
		"the MCP conformance suite can't be fetched from npm",
		{skip: !process.env['CI'] && 'npm was not reached'},
		() => {
			assert.fail(unreachable);
		},
	);
} else {
	const scenarios = await listScenarios();
	test('the MCP conformance suite has scenarios about authorization', () => {
		assert.ok(scenarios.length >= 30, `${scenarios.length} scenarios`);
	});

	test('MCP conformance', {concurrency: 2}, async t => {
		for (const [name, why] of Object.entries(leftOut)) t.diagnostic(`left out: ${name}, because ${why}`);
		await Promise.all(
			scenarios
				.filter(({name}) => leftOut[name] === undefined)
				.flatMap(({name, revisions}) =>
					revisionsOf(revisions).map(async revision =>
						t.test(`${name} (${revision ?? 'extension'})`, async () => {
							const {code, output} = await playScenario(name, revision);
							assert.equal(code, 0, output);
						}),
					),
				),
		);
	});
}
