import {writeFileSync} from 'node:fs';
import {apiReference} from '../support/api-reference.js';

/** `npm run api` */
writeFileSync(new URL('../../source/API.md', import.meta.url), apiReference().text);
