import {oidc, TokenEngine} from '../engine.js';

/* Five lines from nothing to an API response. Run it again, and it asks nothing. */

const {ISSUER = 'https://auth.example.com', API = 'https://api.example.com'} = process.env;
const provider = oidc({issuer: ISSUER, clientId: 'ink-login-demo'});
const engine = new TokenEngine({app: 'five-lines', provider, origins: [new URL(API).origin]});
const {identity} = await engine.ensure();
const response = await engine.fetch(API);
console.log(`${response.status} for ${identity?.name}`);
