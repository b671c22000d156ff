import {login, oidc, openStore, screen, TokenEngine} from 'ink-login';

/* `acme login`: a program of someone's own, as the README shows it. */
const provider = oidc({issuer: 'https://id.acme.dev', clientId: 'acme-cli', application: 'Acme'});
const engine = new TokenEngine({provider, store: await openStore({app: 'acme'})});
await login(engine, {show: screen, flow: 'ask', next: 'acme deploy'});
