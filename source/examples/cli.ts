import {parseArgs} from 'node:util';
import {LoginError, oidc, TokenEngine} from '../engine.js';

/* A command with profiles that works for people and in CI: `cli.ts login|whoami|accounts|logout [--profile NAME]`. */

const {ISSUER = 'https://auth.example.com', CLIENT_ID = 'ink-login-demo', CLIENT_SECRET: clientSecret} = process.env;
const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {profile: {type: 'string', default: 'default'}},
});
// In CI the program signs in as itself, with the secret that the build has.
const provider = oidc({issuer: ISSUER, clientId: CLIENT_ID, ...(clientSecret !== undefined && {clientSecret})});
const engine = new TokenEngine({app: 'acme-cli', provider, profile: values.profile, signInHint: 'Run: acme login'});

const commands: Readonly<Record<string, () => Promise<string>>> = {
	async login() {
		const {identity, profile} = await engine.ensure();
		return `${profile}: ${identity?.name ?? 'this program'}`;
	},
	async whoami() {
		return (await engine.session())?.identity?.name ?? 'Nobody is signed in.';
	},
	async accounts() {
		const accounts = await engine.accounts();
		return accounts.map(({profile, identity}) => `${profile}: ${identity?.name ?? 'this program'}`).join('\n');
	},
	async logout() {
		return (await engine.logout()).outcome;
	},
};

try {
	console.log(await (commands[positionals[0] ?? 'whoami'] ?? commands['whoami'])?.());
} catch (error) {
	if (!(error instanceof LoginError)) throw error;
	// A login that was shown has said so already.
	if (error.code === 'person_required') console.error(`${error.message} ${error.hint}`);
	process.exitCode = error.code === 'person_required' ? 3 : error.code === 'cancelled' ? 130 : 1;
}
