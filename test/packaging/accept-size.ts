import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {measureBuild} from '../benchmark/built-size.js';

/** `npm run size -- --accept`: what the build weighs now is what it may weigh. */
const sizes = await measureBuild(path.join(import.meta.dirname, '../../build'));
const text = `${JSON.stringify(sizes, undefined, '\t')}\n`;
if (process.argv.includes('--accept')) writeFileSync(path.join(import.meta.dirname, 'size.json'), text);
process.stdout.write(text);
