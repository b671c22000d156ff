/** A browser without a screen: it keeps cookies, follows redirects and reads the forms of the server's pages. */
export type Visitor = {
	get(url: string): Promise<Page>;
	/** Sends the page's form: its own fields, and `fields` over them. */
	submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page>;
};

export type Page = {
	readonly url: string;
	readonly form?: Form;
	/** How it ended, on a page that says so. */
	readonly outcome?: string;
	/** The application's address with the response in it, where the visit was redirected to one. */
	readonly callback?: string;
};

type Form = {
	readonly action: string;
	readonly fields: ReadonlyMap<string, string>;
	/** The buttons by what they decide, each with the field that it sends. */
	readonly buttons: ReadonlyMap<string, Readonly<Record<string, string>>>;
};

const mostRedirects = 10;

export const createVisitor = (signal?: AbortSignal): Visitor => {
	const jar = new CookieJar();

	const visit = async (address: string, body?: URLSearchParams): Promise<Page> => {
		let url = address;
		let form = body;
		for (let hop = 0; hop < mostRedirects; hop++) {
			const response = await fetch(url, {
				method: form ? 'POST' : 'GET',
				headers: {cookie: jar.header(url), accept: 'text/html'},
				redirect: 'manual',
				...(form && {body: form}),
				...(signal && {signal}),
			});
			jar.keep(url, response.headers.getSetCookie());
			const text = await response.text();
			const location = response.headers.get('location');
			if (location === null) return readPage(url, text);
			url = new URL(location, url).href;
			form = undefined;
			if (isCallback(new URL(url))) return {url, callback: url};
		}
		throw new Error('The pages redirect in a circle.');
	};

	return {
		get: async url => visit(url),
		submit: async ({form}, fields) => {
			if (form === undefined) throw new Error('The page has no form to send.');
			return visit(form.action, new URLSearchParams({...Object.fromEntries(form.fields), ...fields}));
		},
	};
};

const isCallback = ({searchParams}: URL) =>
	searchParams.has('state') && (searchParams.has('code') || searchParams.has('error'));

const readPage = (url: string, html: string): Page => {
	const outcome = /data-outcome="(\w+)"/.exec(html)?.[1];
	const form = /<form\b([^>]*)>(.*?)<\/form>/s.exec(html);
	if (!form) return {url, ...(outcome !== undefined && {outcome})};
	const fields = new Map<string, string>();
	for (const [, text = ''] of html.matchAll(/<input\b([^>]*)>/g)) {
		const {name, value = ''} = attributes(text);
		if (name !== undefined) fields.set(name, value);
	}
	const buttons = new Map<string, Record<string, string>>();
	for (const [, text = ''] of html.matchAll(/<button\b([^>]*)>/g)) {
		const {class: decision = '', name, value = ''} = attributes(text);
		buttons.set(decision, name === undefined ? {} : {[name]: value});
	}
	return {url, form: {action: new URL(attributes(form[1] ?? '')['action'] ?? '', url).href, fields, buttons}};
};

const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'"};

const attributes = (text: string): Partial<Record<string, string>> =>
	Object.fromEntries(
		Array.from(text.matchAll(/([\w-]+)="([^"]*)"/g), ([, name = '', value = '']) => [
			name,
			value.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_entity, key: string) => entities[key] ?? ''),
		]),
	);

type Cookie = {readonly name: string; readonly value: string; readonly host: string; readonly path: string};

/** As much of RFC 6265 as an authorization server's session needs. */
class CookieJar {
	#cookies: Cookie[] = [];

	keep(url: string, setCookies: readonly string[]): void {
		const {host, pathname} = new URL(url);
		for (const setCookie of setCookies) {
			const [pair = '', ...parameters] = setCookie.split(/; ?/);
			const [name = '', value = ''] = pair.split(/=(.*)/s);
			const parameter = (key: string) =>
				parameters.find(text => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
			const path = parameter('path') ?? pathname;
			const expires = parameter('expires');
			this.#cookies = this.#cookies.filter(old => old.name !== name || old.host !== host || old.path !== path);
			if (expires !== undefined && Date.parse(expires) <= Date.now()) continue;
			this.#cookies.push({name, value, host, path});
		}
	}

	header(url: string): string {
		const {host, pathname} = new URL(url);
		return this.#cookies
			.filter(cookie => cookie.host === host && pathname.startsWith(cookie.path))
			.map(({name, value}) => `${name}=${value}`)
			.join('; ');
	}
}
