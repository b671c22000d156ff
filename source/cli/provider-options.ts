import {resolve} from 'node:path';
import {presets} from '../oauth/presets/index.js';
import {resource} from '../oauth/presets/resource.js';
import {checkEndpoints} from '../oauth/presets/shared.js';
import {omitUndefined} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {isReservedParameter, isResource} from '../oauth/request-parameters.js';
import {registrations} from '../oauth/registration.js';
import {
	beforeDiscovery,
	type Endpoints,
	type Provider,
	type ProviderSettings,
	type RequestParameters,
	type WorkloadIdentity,
} from '../oauth/provider.js';
import {checkUrl, isLoopbackHost} from '../core/safe-url.js';
import {isOwnFlow, isTypedFlow} from '../core/types.js';
import type {OptionValues} from './options.js';
import {UsageError} from './errors.js';

const ownParameters: Readonly<Record<string, string>> = {
	scope: '--scope',
	audience: '--audience',
	resource: '--resource',
	prompt: '--prompt',
	login_hint: '--login-hint',
	redirect_uri: '--redirect-uri',
	client_id: '--client-id',
};

const readParameters = (pairs: readonly string[]): RequestParameters => {
	const parameters: Record<string, string> = {};
	for (const pair of pairs) {
		const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
		// The pair is not repeated: what is refused here may hold a secret.
		if (name === undefined)
			throw new UsageError('--param needs a name and a value.', 'For example: --param screen_hint=signup');
		const shown = displayText(name, 40);
		const option = ownParameters[name];
		if (option !== undefined) throw new UsageError(`--param can't set ${shown}.`, `Use ${option} instead.`);
		if (isReservedParameter(name)) {
			throw new UsageError(`--param can't set ${shown}.`, "It's part of the protocol, or a secret. Leave it out.");
		}

		if (Object.hasOwn(parameters, name)) {
			throw new UsageError(`--param ${shown} is given twice.`, 'A request sends each parameter once (RFC 6749 §3.1).');
		}

		parameters[name] = value;
	}

	return parameters;
};

/** The ports of `--port`. */
export const readPorts = (text: string): readonly number[] =>
	text.split(',').map(part => {
		const port = /^\d{1,5}$/.test(part) ? Number(part) : 0;
		if (port >= 1 && port <= 65_535) return port;
		throw new UsageError(`--port can't be ${displayText(text, 40)}.`, 'For example: --port 8400 or --port 8400,8401');
	});

const readRedirect = ({port, 'redirect-uri': uri}: OptionValues): ProviderSettings['redirect'] => {
	const ports = port === undefined ? undefined : readPorts(port);
	if (uri === undefined) return ports && {ports};
	const url = checkUrl(uri);
	if (typeof url !== 'string' && url.protocol === 'https:' && ports !== undefined) return {uri, ports};
	// RFC 8252 §7.1: a scheme of the app's own is a domain name turned round, so it has a dot. Its URL is pasted.
	if (/^[a-z][a-z\d+-]*(?:\.[a-z\d+-]+)+:\/(?!.*#)/i.test(uri) && URL.canParse(uri)) return {uri};
	if (typeof url === 'string' || url.protocol !== 'http:' || !isLoopbackHost(url.hostname)) {
		throw new UsageError(
			"--redirect-uri must be a URL on this computer, or one with your app's own scheme.",
			"For example: --redirect-uri http://127.0.0.1:8400/callback, or com.example.app:/callback\nFor an https URL that's forwarded to this computer, add --port N.",
		);
	}

	return {uri};
};

/** The endpoints by the names that people give them. */
const endpointMembers = {
	authorization: 'authorization',
	token: 'token',
	device: 'deviceAuthorization',
	userinfo: 'userInfo',
	revocation: 'revocation',
	par: 'pushedAuthorization',
	jwks: 'jwks',
	'one-time-code': 'oneTimeCode',
} as const satisfies Readonly<Record<string, keyof Endpoints>>;

const readEndpoints = (pairs: readonly string[]): Endpoints =>
	asUsage(() =>
		checkEndpoints(
			Object.fromEntries(
				pairs.map(pair => {
					const [, name = '', url = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
					if (Object.hasOwn(endpointMembers, name)) return [endpointMembers[name as keyof typeof endpointMembers], url];
					throw new UsageError(
						`--endpoint can't be ${displayText(name || pair, 40)}.`,
						`Choose one of ${Object.keys(endpointMembers).join(', ')}.\nFor example: --endpoint device=https://login.example.com/device`,
					);
				}),
			),
		),
	);

/** What a preset refuses was typed. */
const asUsage = <Value>(read: () => Value): Value => {
	try {
		return read();
	} catch (error) {
		throw error instanceof LoginError ? new UsageError(error.message, error.hint) : error;
	}
};

/** @throws UsageError for what is no resource (RFC 8707 §2) */
export const readResources = (resources: readonly string[] = []): readonly string[] =>
	resources.map(resource => {
		if (isResource(resource)) return resource;
		throw new UsageError('--resource needs a full URL without #.', 'For example: --resource https://api.example.com');
	});

const single = (values: readonly string[] | undefined, option: string): string | undefined => {
	const [first, second] = values ?? [];
	if (second !== undefined) throw new UsageError(`You can give --${option} only once here.`, 'Use one of them.');
	return first;
};

/** The identity of a workload, as far as the options name it: its file keeps its meaning in another folder. */
const readIdentity = ({
	flow,
	as,
	'id-token-file': file,
	'id-token-env': env,
}: OptionValues): WorkloadIdentity | undefined => {
	const source = env !== undefined ? {env} : file !== undefined ? {file: resolve(file)} : undefined;
	if (flow !== 'workload-identity' && source === undefined && as === undefined) return undefined;
	return omitUndefined({source, as});
};

const readExtra = ({param, organization}: OptionValues): RequestParameters | undefined =>
	param === undefined && organization === undefined
		? undefined
		: {...readParameters(param ?? []), ...(organization !== undefined && {organization})};

const readRequest = (values: OptionValues): Partial<Provider> => {
	const {application, scope, prompt, 'login-hint': loginHint, par, flow, realm} = values;
	const audience = single(values.audience, 'audience');
	const redirect = readRedirect(values);
	const extra = readExtra(values);
	const asksTokenOnly = isOwnFlow(flow) || isTypedFlow(flow);
	return omitUndefined({
		application,
		scope,
		audience,
		resource: values['no-resource'] ? [] : values.resource && readResources(values.resource),
		prompt,
		loginHint,
		redirect,
		endpoints: values.endpoint && readEndpoints(values.endpoint),
		pushedAuthorization: par,
		workloadIdentity: readIdentity(values),
		// Named on the command line, so this person wants it (RFC 9700 §2.4).
		allowPassword: flow === 'password' || undefined,
		allowOneTimeCode: flow === 'one-time-code' || undefined,
		realm,
		parameters: extra && (asksTokenOnly ? {token: extra} : {authorize: extra, device: extra}),
	});
};

type Preset = NonNullable<OptionValues['preset']>;

const domainOf = (preset: Preset, domain: string | undefined) => {
	if (domain === undefined) return {};
	const {domain: place} = registrations[preset];
	if (place === undefined) throw new UsageError(`--preset ${preset} takes no --domain.`, 'Leave it out.');
	return {[place.option ?? 'domain']: domain};
};

/** Where to get what is missing. */
const registerFirst = (preset: Preset | undefined, domain: string | undefined): string => {
	if (preset === undefined) return 'Register an app with that provider to get one.';
	const {title, page, steps, redirectUris, domain: place} = registrations[preset];
	const example = place && domain === undefined && place.fallback === undefined;
	const uris =
		redirectUris.length === 0 ? [] : [`Redirect URI${redirectUris.length > 1 ? 's' : ''}: ${redirectUris.join(' ')}`];
	return [
		...(example ? [`${place.label}: as in --domain ${place.example}`] : []),
		`Register an app with ${title}: ${page(domain)}`,
		...steps,
		...uris,
	].join('\n');
};

type Credentials = Pick<Provider, 'clientSecret' | 'clientKey'>;

/** Options for servers that a resource names. */
const forResources = ['client-metadata-url', 'trust-issuer'] as const;

/** The provider of a URL: what was found and given there before stays, where no option says otherwise. */
const readResource = (url: string, values: OptionValues, credentials: Credentials = {}): ProviderChoice => {
	const {issuer, preset, 'client-id': clientId, 'client-metadata-url': clientMetadataUrl} = values;
	if (preset !== undefined) throw new UsageError("--preset doesn't work with a URL.", 'Leave one of the two out.');
	const request = readRequest(values);
	const typed = asUsage(() =>
		resource(
			url,
			omitUndefined({
				issuer,
				clientId,
				...credentials,
				clientMetadataUrl,
				trustedIssuers: values['trust-issuer'],
				resource: request.resource,
			}),
		),
	);
	return stored => {
		const before = stored?.protectedResource;
		if (stored === undefined || before?.url !== url) return merge(typed, request);
		const known = beforeDiscovery({...before, ...typed.protectedResource, url});
		// Of several servers the one that was used before comes first.
		return merge({...stored, ...known, issuer: stored.issuer, ...credentials}, request);
	};
};

/** The provider that the options name; undefined where they name none. */
const readNamed = (values: OptionValues, credentials: Credentials = {}): Provider | undefined => {
	const {issuer, preset, domain, 'client-id': clientId} = values;
	if (issuer === undefined && preset === undefined) {
		if (clientId === undefined) return undefined;
		throw new UsageError('--client-id needs a provider.', 'Add --issuer URL or --preset NAME.');
	}

	const {domain: place, secret} = preset === undefined ? {} : registrations[preset];
	const missing = [
		...(place && place.fallback === undefined && domain === undefined ? ['--domain D'] : []),
		...(clientId === undefined ? ['--client-id ID'] : []),
		...(secret === 'always' && credentials.clientSecret === undefined ? ['--client-secret-file F'] : []),
	];
	if (clientId === undefined || missing.length > 0) {
		throw new UsageError(`Missing ${missing.join(' and ')}.`, registerFirst(preset, domain));
	}

	const common = {clientId, ...credentials};
	return asUsage(() =>
		preset === undefined
			? presets.oidc({...common, ...(issuer !== undefined && {issuer})})
			: presets[preset]({...common, ...domainOf(preset, domain)}),
	);
};

/** An organization that is named replaces another in every request: a session is for one. */
const withoutOrganization = (parameters: ProviderSettings['parameters'] = {}): ProviderSettings['parameters'] =>
	Object.fromEntries(Object.entries(parameters).map(([request, {organization: _, ...others}]) => [request, others]));

const merge = (base: Provider, request: Partial<Provider>): Provider => {
	const {authorize, device, token} = request.parameters ?? {};
	const {redirect: {uri: _, ports: __, ...redirect} = {}} = base;
	const namesOrganization = (authorize ?? token)?.['organization'] !== undefined;
	const parameters = (namesOrganization ? withoutOrganization(base.parameters) : base.parameters) ?? {};
	return {
		...base,
		...request,
		...(request.redirect && {redirect: {...redirect, ...request.redirect}}),
		...(request.workloadIdentity && {workloadIdentity: {...base.workloadIdentity, ...request.workloadIdentity}}),
		...(request.endpoints && {endpoints: {...base.endpoints, ...request.endpoints}}),
		...(request.parameters && {
			parameters: {
				...parameters,
				...(authorize && {authorize: {...parameters.authorize, ...authorize}}),
				...(device && {device: {...parameters.device, ...device}}),
				...(token && {token: {...parameters.token, ...token}}),
			},
		}),
	};
};

/** Says for a given stored provider which one to sign in to; undefined where neither options nor session name one. */
export type ProviderChoice = (stored: ProviderSettings | undefined) => Provider | undefined;

/**
 * Reads all options about the provider and the request at once, so that a mistake is told before anything happens.
 * Without a provider in the options the profile's own is taken, with what the options change.
 *
 * @param given - `provider` takes the place of one in the options; `credentials` are known to the preset, since some
 * providers allow more to a client that has a secret.
 * @throws UsageError
 */
export const readProvider = (
	values: OptionValues,
	given: {
		readonly provider?: Provider | undefined;
		readonly credentials?: Credentials;
		/** Stands in the place of the profile. */
		readonly url?: string | undefined;
	} = {},
): ProviderChoice => {
	if (given.url !== undefined) return readResource(given.url, values, given.credentials);
	const stray = forResources.find(name => values[name] !== undefined);
	if (stray !== undefined) {
		throw new UsageError(`--${stray} needs a URL.`, 'For example: ink-login login https://mcp.example.com/mcp');
	}

	const named = given.provider ?? readNamed(values, given.credentials);
	const request = readRequest(values);
	return stored => {
		const base = named ?? stored;
		return base && merge(base, request);
	};
};
