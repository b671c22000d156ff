import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {test} from 'node:test';
import {useInk} from '../support/ink-versions.js';
import {isThorough} from '../support/thorough.js';

/** The frames of every screen take longest, and differ least. */
const suites = [
	...(isThorough ? ['test/components/screens.test.tsx'] : []),
	'test/components/login.test.tsx',
	'test/components/long-waits.test.tsx',
	'test/hooks/hooks.test.tsx',
];

for (const major of [7, 8] as const) {
	test(`the screens and hooks pass their tests on Ink ${major} too`, async t => {
		const words = useInk(t, major);
		if (words === undefined) return;
		for (const suite of suites) {
			const {NODE_TEST_CONTEXT: _, ...env} = process.env;
			const child = spawn(process.execPath, ['--import', 'tsx', '--test-reporter', 'tap', ...words, suite], {
				env,
				cwd: new URL('../..', import.meta.url),
				stdio: ['ignore', 'pipe', 'ignore'],
			});
			t.after(() => child.kill());
			let report = '';
			child.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
			const [code] = (await once(child, 'close')) as [number | null];
			assert.equal(
				code,
				0,
				`${suite}\n${report
					.split('\n')
					.filter(line => /^not ok|error:/.test(line))
					.join('\n')}`,
			);
			assert.match(report, /^# pass [1-9]/m);
		}
	});
}
