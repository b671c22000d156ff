import assert from 'node:assert/strict';
import {createHash, createHmac} from 'node:crypto';
import {test} from 'node:test';
import {inspect} from 'node:util';
import type {JWTPayload} from 'jose';
import {LoginError} from '../../source/core/errors.js';
import {exportKeys, importKeys, prefetchKeys} from '../../source/oauth/id-token.js';
import {requestDeviceToken} from '../../source/oauth/device-authorization.js';
import {halfHash, type TokenSet} from '../../source/oauth/token-set.js';
import type {Provider} from '../../source/oauth/provider.js';
import {createSigningKey, goodClaims, signIdToken, type SigningKey} from '../support/id-tokens.js';
import {issuer, json, stillClock, testContext, testTime} from '../support/protocol-context.js';

const key = await createSigningKey('ES256', 'one');
const rsa = await createSigningKey('RS256', 'rsa');
const now = testTime / 1000;

const refused = (pattern: RegExp) => (error: unknown) => {
	assert.ok(error instanceof LoginError, inspect(error));
	assert.equal(error.code, 'identity_check_failed', error.message);
	assert.match(error.message, pattern);
	return true;
};

type Script = {
	idToken: string | (() => string);
	keys?: () => readonly SigningKey[];
	settings?: Partial<Provider>;
	/** The server's clock, in milliseconds beside ours. */
	serverAhead?: number;
};

const serve = async ({idToken, keys = () => [key], settings = {}, serverAhead}: Script) => {
	const context = await testContext(
		{
			'/token': () =>
				json(
					{
						access_token: 'access-canary',
						token_type: 'Bearer',
						id_token: typeof idToken === 'string' ? idToken : idToken(),
					},
					200,
					serverAhead === undefined ? {} : {date: new Date(testTime + serverAhead).toUTCString()},
				),
			'/jwks': () => json({keys: keys().map(({jwk}) => jwk)}),
		},
		{idTokenAlgorithms: ['ES256', 'RS256'], ...settings},
	);
	const signIn = async (): Promise<TokenSet> => {
		const answer = await requestDeviceToken(context, 'code');
		assert.ok(answer.kind === 'tokens');
		return answer.tokens;
	};

	return {context, signIn, sent: context.sent};
};

const signInWith = async (script: Script) => (await serve(script)).signIn();
const withClaims = async (claims: JWTPayload, header = {}) =>
	signInWith({idToken: await signIdToken(key, claims, header)});

test('an honest token is verified and says who signed in', async () => {
	const idToken = await signIdToken(key, {
		name: 'Ada\u001B[31m',
		email: 'ada@example.com',
		at_hash: await halfHash('access-canary', 'ES256'),
	});
	const tokens = await signInWith({idToken});
	assert.deepEqual(tokens.identity, {issuer, subject: 'user-1', name: 'Ada', email: 'ada@example.com'});
	assert.equal(tokens.claims?.sub, 'user-1');
	assert.equal(tokens.idToken, idToken);
});

test('oidcc-client-test-idtoken-sig-rs256: RS256 is what a server without a list signs with', async () => {
	const tokens = await signInWith({
		idToken: await signIdToken(rsa),
		keys: () => [rsa],
		settings: {idTokenAlgorithms: undefined},
	});
	assert.equal(tokens.identity?.subject, 'user-1');
	await assert.rejects(
		signInWith({idToken: await signIdToken(key), settings: {idTokenAlgorithms: undefined}}),
		refused(/it's signed with ES256 instead of RS256\.$/),
	);
});

test('B1, O06, invalid-sig: a wrong signature is refused', async () => {
	const [header, payload, signature = ''] = (await signIdToken(key)).split('.');
	const other = await signIdToken(await createSigningKey('ES256', 'one'));
	await assert.rejects(signInWith({idToken: other}), refused(/signature/));
	for (const broken of [`${signature.slice(0, -4)}AAAA`, '', '!!!']) {
		await assert.rejects(signInWith({idToken: `${header}.${payload}.${broken}`}), refused(/signature/));
	}
});

test('B2, O07, O08: no unsigned token and no shared secret’s, even where the configuration lists them', async () => {
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const settings = {idTokenAlgorithms: ['none', 'HS256', 'ES256'], clientSecret: 'secret'};
	const unsigned = `${part({alg: 'none'})}.${part(goodClaims())}.`;
	await assert.rejects(signInWith({idToken: unsigned, settings}), refused(/it isn't signed\.$/));
	const input = `${part({alg: 'HS256'})}.${part(goodClaims())}`;
	const mac = createHmac('sha256', 'secret').update(input).digest('base64url');
	await assert.rejects(
		signInWith({idToken: `${input}.${mac}`, settings}),
		(error: LoginError) =>
			refused(/it's signed with HS256 instead of ES256\.$/)(error) &&
			error.hint.endsWith('Have the provider sign ID tokens for this app with ES256.'),
	);
});

test('4.2: with tls-only the claims count and the signature does not; without any alg never', async () => {
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const settings: Partial<Provider> = {idToken: 'tls-only', idTokenAlgorithms: ['HS256']};
	const {signIn, sent} = await serve({idToken: `${part({alg: 'HS256'})}.${part(goodClaims())}.AAAA`, settings});
	assert.equal((await signIn()).identity?.subject, 'user-1');
	assert.equal(
		sent.some(({path}) => path === '/jwks'),
		false,
	);
	const late = {...goodClaims(), aud: 'other'};
	await assert.rejects(signInWith({idToken: `${part({alg: 'HS256'})}.${part(late)}.AAAA`, settings}), refused(/aud/));
});

test('what is wrong with a token is said in words that need no specification to be understood', async () => {
	const said = async (claims: JWTPayload, header = {}) => {
		const error = await withClaims(claims, header).then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		assert.ok(error instanceof LoginError);
		return error.message;
	};
	const broken = {sub: 7} as unknown as JWTPayload;
	for (const message of [
		await said({iss: `${issuer}1`}),
		await said({aud: 'another'}),
		await said({exp: undefined}),
		await said(broken),
		await said({}, {typ: 'at+jwt'}),
		await said({}, {crit: ['b64'], b64: true}),
	]) {
		assert.match(message, /^The server's proof of who signed in isn't valid because it.+\.$/);
		assert.doesNotMatch(message, /JWT|JWS|claim|header|parameter|expected/);
	}
});

test('O03, invalid-iss: another issuer is refused', async () => {
	await assert.rejects(withClaims({iss: `${issuer}1`}), refused(/iss/));
});

test('O04, invalid-aud and invalid-secondary-aud: the audience is this client, others only with azp', async () => {
	await assert.rejects(withClaims({aud: 'my-cli1'}), refused(/aud/));
	await assert.rejects(withClaims({aud: ['my-cli', 'other']}), refused(/aud/));
	await assert.rejects(withClaims({aud: ['other']}), refused(/aud/));
	assert.ok(await withClaims({aud: ['my-cli']}));
	assert.ok(await withClaims({aud: ['my-cli', 'other'], azp: 'my-cli'}));
});

test('O05, B3: azp is this client, also beside one audience', async () => {
	await assert.rejects(withClaims({azp: 'other'}), refused(/a different client/));
	await assert.rejects(withClaims({azp: 7}), refused(/azp/));
	assert.ok(await withClaims({azp: 'my-cli'}));
});

test('O15: exp, iat, iss, sub and aud are required', async () => {
	for (const claim of ['exp', 'iat', 'iss', 'sub', 'aud']) {
		await assert.rejects(withClaims({[claim]: undefined}), refused(new RegExp(claim)));
	}
});

test('O09: an expired token is refused; half a minute is forgiven', async () => {
	assert.ok(await withClaims({exp: now - 20}));
	await assert.rejects(withClaims({exp: now - 40}), refused(/expired/));
	await assert.rejects(withClaims({nbf: now + 100}), refused(/isn't valid yet/));
});

test('O10, B3: a token from the future or from long ago is refused', async () => {
	assert.ok(await withClaims({iat: now + 590}));
	await assert.rejects(withClaims({iat: now + 610}), refused(/future/));
	assert.ok(await withClaims({iat: now - 3590}));
	await assert.rejects(withClaims({iat: now - 7 * 86_400}), refused(/too long ago/));
});

test('S36: where the clocks differ the error names ours and by how much, and accepts nothing for it', async () => {
	const ahead = -3 * 3_600_000;
	const idToken = await signIdToken(key, {iat: now + ahead / 1000, exp: now + ahead / 1000 + 600});
	await assert.rejects(signInWith({idToken, serverAhead: ahead}), (error: LoginError) => {
		assert.match(error.message, /^This computer's clock is about 3 hours ahead of the server's\./);
		assert.match(error.hint, /clock/);
		return refused(/expired/)(error);
	});
	const future = await signIdToken(key, {iat: now + 2 * 86_400});
	await assert.rejects(signInWith({idToken: future, serverAhead: 2 * 86_400_000}), refused(/about 2 days behind/));
	await assert.rejects(signInWith({idToken, serverAhead: 0}), (error: LoginError) => !error.message.includes('clock'));
});

test('O11, B3: a nonce that nobody sent is refused', async () => {
	await assert.rejects(withClaims({nonce: 'x'}), refused(/nonce/));
});

test('O14, B3: a subject is 1 to 255 ASCII characters', async () => {
	for (const sub of ['', 'x'.repeat(256), 'naïve', 'a\u001B[2J']) {
		await assert.rejects(withClaims({sub}), refused(/subject|sub/));
	}

	assert.ok(await withClaims({sub: 'x'.repeat(255)}));
});

test('O16, B3: at_hash binds the token to its access token', async () => {
	await assert.rejects(withClaims({at_hash: await halfHash('another', 'ES256')}), refused(/a different access token/));
	await assert.rejects(withClaims({at_hash: 7}), refused(/a different access token/));
});

test('O16: the hashes of OIDC Core appendix A, and of the longer algorithms', async () => {
	assert.equal(await halfHash('jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y', 'RS256'), '77QmUPtjPfzWtF2AnpK9RQ');
	for (const [algorithm, hash] of [
		['PS384', 'sha384'],
		['ES512', 'sha512'],
		['EdDSA', 'sha512'],
		['Ed25519', 'sha512'],
	] as const) {
		const digest = createHash(hash).update('token').digest();
		assert.equal(await halfHash('token', algorithm), digest.subarray(0, digest.length / 2).toString('base64url'));
	}

	assert.equal(await halfHash('token', 'unknown'), undefined);
});

test('O17, B3: an access token or a logout token does not pass for an ID token', async () => {
	for (const typ of ['at+jwt', 'logout+jwt', 7]) {
		await assert.rejects(withClaims({}, {typ}), refused(/a different kind/));
	}

	assert.ok(await withClaims({}, {typ: 'JWT'}));
	assert.ok(await withClaims({}, {typ: 'application/jwt'}));
});

test('O18: a critical header that is not understood is refused', async () => {
	const [, payload, signature] = (await signIdToken(key)).split('.');
	const header = Buffer.from(JSON.stringify({alg: 'ES256', kid: 'one', crit: ['x'], x: 1})).toString('base64url');
	await assert.rejects(signInWith({idToken: `${header}.${payload}.${signature}`}), refused(/crit/));
});

test('O19, S35: a key that the token brings along is not used, nor fetched', async () => {
	const own = await createSigningKey('ES256', 'own');
	const {signIn, sent} = await serve({
		idToken: await signIdToken(
			own,
			{},
			{jwk: own.jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x'},
		),
	});
	await assert.rejects(signIn(), refused(/key/));
	assert.equal(
		sent.some(({url}) => url.includes('evil')),
		false,
	);
});

test('an encrypted token, and what is no token at all, are refused', async () => {
	for (const idToken of ['a.b.c.d.e', 'a.b', 'nonsense', '{}.{}.x']) {
		await assert.rejects(signInWith({idToken}), refused(/./));
	}
});

test('kid-absent-single-jwks: one fitting key needs no name; of several none is guessed', async () => {
	const [first, second] = [await createSigningKey(), await createSigningKey()];
	assert.ok(await signInWith({idToken: await signIdToken(first), keys: () => [first]}));
	await assert.rejects(signInWith({idToken: await signIdToken(first), keys: () => [first, second]}), refused(/key/));
});

test('R1, O24: a key that was rotated right after it was fetched is found with one more request', async () => {
	const next = await createSigningKey('ES256', 'two');
	let current = key;
	const idTokens = new Map([
		[key, await signIdToken(key)],
		[next, await signIdToken(next)],
	]);
	const {signIn, sent, context} = await serve({idToken: () => idTokens.get(current) ?? '', keys: () => [current]});
	await signIn();
	assert.deepEqual(
		exportKeys(context.provider.server)?.jwks.keys.map(({kid}) => kid),
		['one'],
	);
	current = next;
	await signIn();
	assert.equal(sent.filter(({path}) => path === '/jwks').length, 2);
	assert.deepEqual(
		exportKeys(context.provider.server)?.jwks.keys.map(({kid}) => kid),
		['two'],
	);
});

test('S35: a key that is nowhere to be found costs one request where none was known, and one more where some were', async () => {
	const {signIn, sent} = await serve({idToken: await signIdToken(await createSigningKey('ES256', 'unknown'))});
	await assert.rejects(signIn(), refused(/key/));
	assert.equal(sent.filter(({path}) => path === '/jwks').length, 1);
	await assert.rejects(signIn(), refused(/key/));
	assert.equal(sent.filter(({path}) => path === '/jwks').length, 2);
});

test('B13: keys fetched beforehand, or kept with a session, need no request at the sign-in', async () => {
	const first = await serve({idToken: await signIdToken(key)});
	await Promise.all([prefetchKeys(first.context), prefetchKeys(first.context)]);
	await first.signIn();
	await prefetchKeys(first.context);
	assert.equal(first.sent.filter(({path}) => path === '/jwks').length, 1);

	const kept = {...exportKeys(first.context.provider.server)!, fetchedAt: Date.now() - 3_600_000};
	const second = await serve({idToken: await signIdToken(key)});
	importKeys(second.context.provider.server, kept);
	await second.signIn();
	assert.equal(second.sent.filter(({path}) => path === '/jwks').length, 0);
	assert.deepEqual(exportKeys(second.context.provider.server), kept, 'what was not fetched again keeps its date');
});

test('O24: kept keys that no longer fit are replaced', async () => {
	const next = await createSigningKey('ES256', 'two');
	const {signIn, context, sent} = await serve({idToken: await signIdToken(next), keys: () => [next]});
	const fetchedAt = Date.now() - 3_600_000;
	importKeys(context.provider.server, {jwks: {keys: [key.jwk]}, fetchedAt});
	await signIn();
	assert.equal(sent.filter(({path}) => path === '/jwks').length, 1);
	assert.notEqual(exportKeys(context.provider.server)?.fetchedAt, fetchedAt);
});

test('a key that the server has withdrawn ends with the day for which it was stored', async () => {
	const day = 24 * 3_600_000;
	const next = await createSigningKey('ES256', 'two');
	for (const age of [400 * day, day + 60_000, -60_000]) {
		const {signIn, context, sent} = await serve({
			idToken: await signIdToken(key),
			keys: () => [next],
		});
		importKeys(context.provider.server, {jwks: {keys: [key.jwk]}, fetchedAt: Date.now() - age});
		await assert.rejects(signIn(), refused(/key/), `${age}`);
		assert.equal(sent.filter(({path}) => path === '/jwks').length, 1);
	}
});

test('prefetching never fails, and nothing is exported where nothing was fetched', async () => {
	const {context} = await serve({idToken: '', keys: () => assert.fail()});
	await prefetchKeys(context);
	assert.equal(exportKeys(context.provider.server), undefined);
});

test('S23: no error of a refused token holds a token', async () => {
	for (const claims of [{aud: 'x'}, {exp: 1}, {sub: ''}, {at_hash: 'x'}, {nonce: 'x'}]) {
		const idToken = await signIdToken(key, claims);
		await assert.rejects(signInWith({idToken}), (error: Error) => {
			const shown = inspect(error, {depth: 9, showHidden: true});
			assert.equal(shown.includes('access-canary') || shown.includes(idToken.slice(0, 40)), false);
			assert.equal(error.cause, undefined);
			return true;
		});
	}
});

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';

test('Entra: the issuer of many tenants is that of the token’s own tenant, and of no other', async () => {
	const settings = {issuer: `${issuer}/{tenantid}/v2.0`};
	const iss = `${issuer}/${tenant}/v2.0`;
	const idToken = await signIdToken(key, {iss, tid: tenant});
	assert.equal((await signInWith({idToken, settings})).identity?.issuer, iss);
	for (const claims of [
		{iss, tid: 'x'},
		{iss: `${issuer}/x/v2.0`, tid: 'x'},
		{iss},
		{iss: `${issuer}/{tenantid}/v2.0`, tid: tenant},
		{iss: 'https://evil.example', tid: tenant},
	]) {
		await assert.rejects(signInWith({idToken: await signIdToken(key, claims), settings}), refused(/iss/));
	}
});

test('the clock that is handed in is the one that counts', async () => {
	const {context} = await serve({idToken: await signIdToken(key)});
	const late = {...context, clock: stillClock(testTime + 7_200_000)};
	await assert.rejects(requestDeviceToken(late, 'code'), refused(/expired/));
});
