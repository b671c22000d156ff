import process from 'node:process';
import {login, oidc, openStore, screen, TokenEngine} from 'ink-login';

/* `acme login [--device]`: a program of someone's own, as the README shows it. */
const scope = 'openid profile email offline_access';
const provider = oidc({issuer: 'https://id.acme.dev', clientId: 'acme-cli', application: 'Acme', scope});
const engine = new TokenEngine({provider, store: await openStore({app: 'acme'})});
const flow = process.argv.includes('--device') ? 'device' : 'ask';
await login(engine, {show: screen, flow, next: 'acme deploy'});
