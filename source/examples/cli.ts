import {Command} from 'commander';
import {LoginError, oidc, TokenEngine, type Session} from '../engine.js';

/* A command with profiles that works for people and in CI: `cli.ts login|whoami|accounts|logout [--profile NAME]`. */

const {ISSUER = 'https://auth.example.com', CLIENT_ID = 'ink-login-demo', CLIENT_SECRET: clientSecret} = process.env;
// In CI the program signs in as itself, with the secret that the build has.
const provider = oidc({issuer: ISSUER, clientId: CLIENT_ID, ...(clientSecret !== undefined && {clientSecret})});
const engine = new TokenEngine({app: 'acme-cli', provider, signInHint: 'Run: acme login'});

const acme = new Command('acme').option('--profile <name>', 'which account', 'default');
const account = () => engine.as(acme.opts<{profile: string}>().profile);
const print = ({profile, identity}: Session) => console.log(`${profile}: ${identity?.name ?? 'this program'}`);

acme.command('login').action(async () => print(await account().ensure()));
acme.command('accounts').action(async () => (await engine.accounts()).forEach(print));
acme.command('logout').action(async () => console.log((await account().logout()).outcome));
acme.command('whoami').action(async () => {
	const session = await account().session();
	console.log(session?.identity?.name ?? 'Nobody is signed in.');
});

try {
	await acme.parseAsync();
} catch (error) {
	if (!(error instanceof LoginError)) throw error;
	if (!error.shown) console.error(`${error.message} ${error.hint}`);
	process.exitCode = error.code === 'person_required' ? 3 : error.code === 'cancelled' ? 130 : 1;
}
