import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {test} from 'node:test';
import fc from 'fast-check';
import {createFileStore} from '../../../source/session/store/file-store.js';
import {profileFileName, profileOfFileName} from '../../../source/session/store/session-file.js';
import {makeSession, temporaryFolder} from './fixtures.js';

const hostile = [
	'../x',
	'..',
	'.',
	'',
	'/etc/passwd',
	'CON',
	'con',
	'nul.txt',
	'a\0b',
	'Work',
	'work',
	'a\\b',
	'C:x',
	'=41',
	'é',
	'💥',
	' ',
	'-rf',
	'x'.repeat(5000),
	'é'.repeat(500),
];

test('hostile profile names become different files inside the folder, and are listed as they were', async t => {
	const directory = temporaryFolder(t);
	const store = createFileStore({directory});
	// What a server gives as a token is ASCII, whatever the profile is called.
	const token = (profile: string) => `token-${hostile.indexOf(profile)}`;
	for (const profile of hostile) await store.write(profile, makeSession(token(profile)));
	assert.equal(readdirSync(directory).length, hostile.length);
	for (const profile of hostile) assert.equal((await store.read(profile))?.tokens.accessToken, token(profile));
	assert.deepEqual(await store.list(), [...hostile].sort());
});

test('a file name is short, portable, different without regard to case, and leads back to its profile', () => {
	fc.assert(
		fc.property(
			fc.string({unit: 'grapheme', maxLength: 300}),
			fc.string({unit: 'grapheme', maxLength: 300}),
			(one, other) => {
				const name = profileFileName(one);
				assert.match(name, /^profile-[a-z\d_=-]*$/);
				assert.ok(name.length <= 140);
				const profile = profileOfFileName(name);
				assert.ok(profile === undefined ? Buffer.byteLength(one) > 30 : profile === one);
				assert.equal(name === profileFileName(other), one === other);
			},
		),
	);
});
