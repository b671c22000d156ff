import type {BrowserOpener} from '../login/flow.js';

/** A browser whose person allows everything: it follows redirects until a page has come. */
export const createWillingBrowser =
	(fetchFor: (url: URL) => typeof fetch): BrowserOpener =>
	async (address, signal) => {
		let url = new URL(address);
		for (let hop = 0; hop < 10; hop++) {
			// The headers of a top-level navigation.
			const response = await fetchFor(url)(url, {
				headers: {accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate'},
				redirect: 'manual',
				signal,
			});
			await response.arrayBuffer();
			const location = response.headers.get('location');
			if (location === null) {
				return response.ok
					? {status: 'opened'}
					: {status: 'failed', detail: `The page at ${url.origin}${url.pathname} is an error (${response.status}).`};
			}

			url = new URL(location, url);
		}

		return {status: 'failed', detail: 'The address leads in circles.'};
	};
