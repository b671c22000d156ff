import {appendFileSync, readFileSync} from 'node:fs';
import {oidc, openStore, TokenEngine} from '../../../source/engine.js';

/** An application that signs in and knows no arguments: `STARTS` has a character for each time that it was started. */
const {STARTS: starts = '', ISSUER: issuer = '', INK_LOGIN_HOME: home = '', EXEC_PATH} = process.env;

const signIn = async (): Promise<void> => {
	if (EXEC_PATH !== undefined) process.execPath = EXEC_PATH;
	appendFileSync(starts, 'x');
	if (readFileSync(starts).length > 3) return;
	const store = openStore({home});
	const provider = oidc({issuer, clientId: 'test-client', clientSecret: 'a secret'});
	const engine = new TokenEngine({provider, store});
	const {session} = engine.login({flow: 'client-credentials'});
	await session;
	process.stdout.write(JSON.stringify({kind: store.kind, notices: store.notices}));
};

void signIn();
