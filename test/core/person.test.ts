import assert from 'node:assert/strict';
import {test} from 'node:test';
import {displayText} from '../../source/core/safe-text.js';
import {messages} from '../../source/text/messages.js';
import type {ScriptedUser} from '../../source/testing/index.js';
import {prepareLogin, providerIssuer as issuer} from '../support/whole-login.js';
import type {Identity} from '../../source/core/types.js';

/** Who signed in, as the end of a line has it. */
const nameAndEmail = (who: Identity) => messages.end.signedIn(undefined, who).join(' · ').replace('Signed in as ', '');

const identity = (subject: string, name?: string, email?: string): Identity => ({
	issuer,
	subject,
	...(name !== undefined && {name: displayText(name)}),
	...(email !== undefined && {email: displayText(email)}),
});

/** What a first login as each of them says, and a second one that nobody allows to replace the first. */
const signIn = async (...users: readonly ScriptedUser[]) => {
	const {server, engine} = await prepareLogin();
	const said: string[] = [];
	for (const user of users) {
		server.script.user = user;
		const run = engine.login({flow: 'browser'});
		for await (const event of run) {
			if (event.type === 'signed-in') said.push(messages.end.signedIn(undefined, event.identity).join(' · '));
			if (event.type === 'failed') said.push(event.message);
		}

		await run.session.catch(() => undefined);
	}

	return said;
};

test('S2: two people who read alike are told apart by subject and issuer, in the question and in the error', async () => {
	const alike = {name: 'Alice Victim', email: 'alice@example.com'};
	const one = identity('u1', alike.name, alike.email);
	const other = identity('attacker-77', alike.name, 'Alice@Example.com');
	const {belongsTo, keep, replace} = messages.prompt;
	for (const say of [belongsTo, keep]) {
		assert.match(say(one, other), /alice@example\.com, subject "u1" at https:\/\/op\.example\.test\)$/);
	}

	assert.match(
		replace(one, other),
		/^Replace it with Alice Victim \(Alice@Example\.com, subject "attacker-77" at https:/,
	);
	assert.doesNotMatch(replace(one, identity('u2', 'Bob')), /subject/);
	const [, refused = ''] = await signIn({sub: 'u1', ...alike}, {sub: 'attacker-77', ...alike});
	assert.match(
		refused,
		/This is .*subject "attacker-77".*, but .*subject "u1".* is signed in already\. Nothing was changed\./,
	);
});

test('S2: a name imitates no sentence and no e-mail address: it stands in quotation marks that it cannot end', async () => {
	const name = `Alice Victim" (alice@example.com). Stays signed in.${'\u2800'.repeat(48)}`;
	const said = await signIn({sub: 'u1', name, email: 'mallory@evil.example'}, {sub: 'u1', name: 'alice@example.com'});
	assert.deepEqual(said, [
		`Signed in as "Alice Victim' (alice@example.com). Stay…" · mallory@evil.example`,
		'Signed in as "alice@example.com"',
	]);
});

test('the e-mail address is always there in full, and says so where the server has not verified it', async () => {
	const email = `${'a'.repeat(64)}@${'b.'.repeat(60)}example`;
	const said = await signIn(
		{sub: 'u1', name: 'Alice '.repeat(30), email, email_verified: false},
		{sub: 'u1', name: 'Alice', email: 'alice@example.com (verified). Done.'},
	);
	assert.deepEqual(said, [
		`Signed in as "${'Alice '.repeat(7).slice(0, 39)}…" · ${email} (not verified)`,
		'Signed in as Alice',
	]);
});

test('at the end of a line a name that reads as one stands as it is, and one that could read as more is quoted', () => {
	const email = 'mallory@evil.example';
	for (const name of ['Alice Demo', "Aoife O'Neill-Smith", 'Zoë', '山田太郎', 'R2 D2']) {
		assert.equal(nameAndEmail(identity('u1', name, email)), `${name} · ${email}`);
	}

	for (const name of ['alice@example.com', 'Alice · alice@example.com', 'Alice. Saved', 'Alice, Bob', 'A'.repeat(60)]) {
		assert.match(nameAndEmail(identity('u1', name, email)), /^"[^"]+" · mallory@evil\.example$/);
	}

	assert.equal(nameAndEmail(identity('u1', 'Alice" and more', email)), `"Alice' and more" · ${email}`);
	assert.equal(nameAndEmail(identity('u1', email, email)), email);
	assert.equal(nameAndEmail(identity('auth0|17')), '"auth0|17"');
	assert.equal(
		nameAndEmail({...identity('u1', 'Alice', email), emailVerified: false}),
		`Alice · ${email} (not verified)`,
	);
});
