/** Fetches a URL many times at once with the session of a folder, and prints the statuses. */
import {createFileStore} from '../../../source/session/store/index.js';
import type {Provider} from '../../../source/oauth/provider.js';
import {TokenEngine} from '../../../source/token-engine.js';

const [directory = '', provider = '', url = '', times = ''] = process.argv.slice(2);
const engine = new TokenEngine({
	provider: JSON.parse(provider) as Provider,
	store: createFileStore({directory}),
	origins: [new URL(url).origin],
});
const responses = await Promise.all(Array.from({length: Number(times)}, async () => engine.fetch(url)));
process.stdout.write(JSON.stringify(responses.map(({status}) => status)));
