import assert from 'node:assert/strict';
import test from 'node:test';
import {oauth} from '../../../source/oauth/presets.js';
import {TokenEngine} from '../../../source/token-engine.js';
import {createMemoryStore} from '../../../source/session/store/index.js';

const provider = oauth({
	issuer: 'https://auth.example',
	clientId: 'cli',
	endpoints: {token: 'https://auth.example/token'},
});

test('RFC 6749 §4.3: a password that the server refuses is called that, not a session that has ended', async () => {
	const engine = new TokenEngine({
		provider: {...provider, allowPassword: true},
		store: createMemoryStore(),
		fetch: async () => Response.json({error: 'invalid_grant'}, {status: 400}),
	});
	const {session} = engine.login({
		flow: 'password',
		credentials: async () => ({username: 'ada', password: 'password-canary'}),
	});
	await assert.rejects(session, {
		code: 'invalid_grant',
		message: "The server doesn't accept this user name and password.",
		hint: 'Check both, then try again, or sign in another way.',
	});
});
