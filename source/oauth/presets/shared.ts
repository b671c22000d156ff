import {displayText} from '../../core/safe-text.js';
import {LoginError} from '../../core/errors.js';
import {checkUrl, shownUrl} from '../../core/safe-url.js';
import type {Endpoints, Provider} from '../provider.js';

const commonNames = [
	'clientId',
	'clientSecret',
	'clientKey',
	'application',
	'scope',
	'audience',
	'resource',
	'parameters',
	'prompt',
	'loginHint',
	'redirect',
	'pushedAuthorization',
	'flow',
	'workloadIdentity',
] as const;

/** What every preset takes. */
export type PresetOptions = Pick<Provider, (typeof commonNames)[number]>;

export const misconfigured = (message: string, hint: string) => new LoginError('config_error', message, {hint});

/** A preset may be called by a program without types, or with what was typed on a command line. */
export const required = (value: string | undefined, what: string, hint: string): string => {
	if (typeof value === 'string' && value.trim() !== '') return value;
	throw misconfigured(`The ${what} is missing.`, hint);
};

/** The options that every preset hands on as they are. */
export const commonSettings = (options: PresetOptions): PresetOptions => ({
	...Object.fromEntries(
		commonNames.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]] as const])),
	),
	clientId: required(options.clientId, 'client ID', 'Use the one your provider shows for your app.'),
});

/** @throws LoginError `config_error` for a client that would prove itself by a key */
export const refuseKey = ({clientKey}: PresetOptions, name: string, hint: string): void => {
	if (clientKey !== undefined) throw misconfigured(`${name} doesn't accept client keys.`, hint);
};

/** A host, with a port or without. */
export const checkHost = (host: string, what: string, example: string): string => {
	const hint = `Give it without https:// and without a path, as in ${example}.`;
	const isHost =
		/^[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?$/i.test(required(host, what, hint)) && URL.canParse(`https://${host}`);
	if (isHost) return host.toLowerCase();
	throw misconfigured(`The ${what} isn't a host name (${displayText(host, 80)}).`, hint);
};

/**
 * Endpoints by hand: each an https URL without a fragment (RFC 6749 §3.1, §3.2).
 *
 * @throws LoginError `config_error` that names the endpoint
 */
export const checkEndpoints = (endpoints: Endpoints | undefined = {}): Endpoints => {
	for (const [name, address] of Object.entries(endpoints)) {
		const url = checkUrl(address);
		const problem = typeof url === 'string' ? url : url.hash === '' ? undefined : 'it has a fragment';
		if (problem === undefined) continue;
		throw misconfigured(
			`The ${name} endpoint can't be used because ${problem} (${shownUrl(address)}).`,
			"Copy it from the provider's documentation.",
		);
	}

	return endpoints;
};
