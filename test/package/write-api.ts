import {writeFileSync} from 'node:fs';
import {apiReference} from '../support/api-reference.js';
import {sentencesFile} from '../support/sentences.js';

/** `npm run api` */
writeFileSync(new URL('../../source/API.md', import.meta.url), apiReference().text);
writeFileSync(new URL('../../source/text/sentences.json', import.meta.url), sentencesFile());
