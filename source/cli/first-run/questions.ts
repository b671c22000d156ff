/**
 * What the first run asks, without a screen: where to sign in, then at most three questions, each with one place to find
 * the answer. It ends in options of `login`, so that everything after it is an ordinary login.
 */
import {omitUndefined} from '../../core/clock.js';
import {checkUrl} from '../../core/safe-url.js';
import {registrations, type Registration} from '../../oauth/registration.js';
import {hostOf} from '../../layout/header.js';
import type {ListOption} from '../../layout/options.js';
import type {Fact} from '../../layout/question.js';
import type {OptionValues} from '../options.js';

/** The providers that a place or a URL can lead to. */
type Preset = keyof typeof registrations;

/** Where someone may want to sign in. */
export type SignInPlace = ListOption &
	(
		| {readonly kind: 'preset'; readonly preset: Preset}
		| {readonly kind: 'profile'; readonly profile: string}
		| {readonly kind: 'url' | 'demo'}
	);

/** A profile that signed in before. */
export type KnownProfile = {readonly profile: string; readonly who: string; readonly host: string};

const named: readonly Preset[] = ['github', 'google', 'entra', 'auth0', 'workos'];

/** The places, those that were used before first. */
export const placesFor = (known: readonly KnownProfile[]): readonly SignInPlace[] => [
	...known.slice(0, 3).map(({profile, who, host}) => ({kind: 'profile', profile, label: who, detail: host}) as const),
	{kind: 'url', label: 'A server by its URL', detail: 'OAuth, OpenID Connect or MCP', isApart: known.length > 0},
	...named.map(
		(preset, index) => ({kind: 'preset', preset, label: registrations[preset].title, isApart: index === 0}) as const,
	),
	{kind: 'url', label: 'Okta, Keycloak, GitLab and others'},
	{kind: 'demo', label: 'Just show me', detail: 'a demo with a server of its own', isApart: true},
];

/** What is known by now. */
export type Answers = {
	readonly preset?: Preset;
	readonly issuer?: string;
	readonly domain?: string;
	readonly clientId?: string;
	readonly secretFile?: string;
};

export type Question = {
	readonly asks: 'url' | 'domain' | 'clientId' | 'secretFile';
	readonly title: string;
	readonly host: string;
	readonly label: string;
	readonly initial: string;
	readonly facts: readonly Fact[];
	/** Opened by ctrl-o. */
	readonly page?: string;
};

/** The forms of the URLs that people have, for a question that was answered with another one. */
const usualUrls: readonly Fact[] = [
	{word: 'Keycloak', text: 'https://HOST/realms/NAME'},
	{word: 'Okta', text: 'https://NAME.okta.com'},
	{word: 'GitLab', text: 'https://gitlab.com'},
	{word: 'Auth0', text: 'https://NAME.auth0.com'},
];

const registrationOf = ({preset}: Answers): Registration | undefined => preset && registrations[preset];

const appFacts = (registration: Registration | undefined, domain: string | undefined): readonly Fact[] => {
	if (registration === undefined) {
		return [
			{word: 'No app yet?', text: "Ask the server's administrator for a public (native) app"},
			{word: 'Redirect URI', text: 'http://127.0.0.1/callback'},
		];
	}

	const {redirectUris, steps, page} = registration;
	return [
		{word: 'No app yet?', text: page(domain)},
		...redirectUris.map((text, index) => ({word: index === 0 ? 'Redirect URI' : '', text})),
		...steps.map((text, index) => ({word: index === 0 ? 'On that page' : '', text})),
	];
};

/** What to ask next; undefined once nothing is missing. */
export const nextQuestion = (answers: Answers): Question | undefined => {
	const {preset, issuer, domain, clientId, secretFile} = answers;
	const registration = registrationOf(answers);
	const wanted = registration?.domain;
	// Where a customer has a domain of their own, none is known before they say which.
	const place = domain ?? (wanted?.usuallyOwn === false ? wanted.fallback : undefined);
	const host = hostOf(issuer ?? (place === undefined ? undefined : `https://${place.replace(/^https?:\/\//, '')}`));
	const title = registration === undefined ? 'Sign in to a server' : `Sign in to ${registration.title}`;
	const common = {title, host, initial: ''};
	if (preset === undefined && issuer === undefined) return {...common, asks: 'url', label: 'Its URL', facts: usualUrls};
	if (wanted !== undefined && domain === undefined && wanted.usuallyOwn) {
		const facts = [{word: 'Example', text: wanted.example}];
		return {...common, initial: wanted.fallback ?? '', asks: 'domain', label: `Your ${wanted.label}`, facts};
	}

	if (clientId === undefined) {
		const page = registration?.page(domain);
		const facts = appFacts(registration, domain);
		return {...common, asks: 'clientId', label: 'Client ID of your app', facts, page};
	}

	if (registration?.secret === 'always' && secretFile === undefined) {
		const facts = [{word: 'Why a file?', text: "It's read each time the session renews, and never copied"}];
		return {...common, asks: 'secretFile', label: 'A file that holds the client secret', facts};
	}

	return undefined;
};

/** The providers that a URL gives away, with what their preset needs of it. */
const knownByUrl = (url: URL): Pick<Answers, 'preset' | 'domain'> | undefined => {
	const {hostname, host, pathname} = url;
	const at = (preset: Preset, domain = host) => ({preset, domain});
	if (hostname === 'github.com') return {preset: 'github'};
	if (hostname === 'accounts.google.com') return {preset: 'google'};
	if (/\.okta(preview)?\.com$/.test(hostname) && pathname === '/') return at('okta');
	if (hostname.endsWith('.auth0.com')) return at('auth0');
	if (/\/realms\/[^/]+/.test(pathname)) return at('keycloak', url.href.replace(/\/+$/, ''));
	if (hostname.startsWith('gitlab.')) return at('gitlab');
	return undefined;
};

/** What a typed URL means; a sentence where it is none. */
export const answerToUrl = (typed: string): Answers | string => {
	const text = typed.trim();
	const checked = checkUrl(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`);
	if (typeof checked === 'string') return `That can't be used because ${checked}`;
	return knownByUrl(checked) ?? {issuer: checked.href.replace(/\/$/, '')};
};

/** The options of `login` that say the same. */
export const optionsOf = ({clientId, secretFile, ...others}: Answers): OptionValues =>
	omitUndefined({...others, 'client-id': clientId, 'client-secret-file': secretFile});
