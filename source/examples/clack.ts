import {intro, log, note, outro} from '@clack/prompts';
import {LoginError, oidc, TokenEngine, type ScreenLogin, type Session} from '../engine.js';

/* A login in clack's style: a function that reads the login's events is all it takes to show one. */

const show = async ({engine, options}: ScreenLogin): Promise<Session> => {
	const run = engine.login(options);
	for await (const event of run) {
		if (event.type === 'authorization-url') note(event.shortUrl, 'Continue in your browser');
		if (event.type === 'device-code')
			note(`Open ${event.verificationUri}\nand type ${event.userCode}`, 'On any device');
		if (event.type === 'backoff') log.warn(event.reason);
		if (event.type === 'signed-in') log.success(`Signed in as ${event.identity?.name}`);
	}

	return run.session;
};

const {ISSUER = 'https://auth.example.com'} = process.env;
const provider = oidc({issuer: ISSUER, clientId: 'ink-login-demo'});
const engine = new TokenEngine({app: 'acme-clack', provider, show});

intro('Acme');
try {
	const {identity} = await engine.ensure();
	outro(`Hello, ${identity?.name}`);
} catch (error) {
	if (!(error instanceof LoginError)) throw error;
	if (!error.shown) log.error(`${error.message} ${error.hint}`);
	process.exitCode = 1;
}
