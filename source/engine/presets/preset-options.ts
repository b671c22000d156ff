import {displayText} from '../display-text.js';
import {LoginError} from '../login-error.js';
import type {Endpoints, Provider} from '../provider.js';
import {checkUrl, shownUrl} from '../safe-url.js';

const commonNames = [
	'clientId',
	'clientSecret',
	'application',
	'scope',
	'audience',
	'resource',
	'parameters',
	'prompt',
	'loginHint',
	'redirect',
	'pushedAuthorization',
] as const;

/** What every preset takes. */
export type PresetOptions = Pick<Provider, (typeof commonNames)[number]>;

const misconfigured = (message: string, hint: string) => new LoginError('config_error', message, {hint});

/** A preset may be called by a program without types, or with whatever a command line had. */
const required = (value: string | undefined, what: string, hint: string): string => {
	if (typeof value === 'string' && value.trim() !== '') return value;
	throw misconfigured(`The ${what} is missing.`, hint);
};

/**
 * The options that every preset hands on as they are.
 *
 * @throws LoginError `config_error` without a client id
 */
export const commonSettings = (options: PresetOptions): PresetOptions => ({
	...Object.fromEntries(
		commonNames.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]] as const])),
	),
	clientId: required(options.clientId, 'client id', 'Give the one that the provider shows for your application.'),
});

/**
 * A host, with a port or without.
 *
 * @param example - shows in the hint what is meant
 * @throws LoginError `config_error`
 */
export const checkHost = (host: string, what: string, example: string): string => {
	const hint = `Give it without https:// and without a path, as in ${example}.`;
	const isHost =
		/^[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?$/i.test(required(host, what, hint)) && URL.canParse(`https://${host}`);
	if (isHost) return host.toLowerCase();
	throw misconfigured(`The ${what} is not the name of a host (${displayText(host, 80)}).`, hint);
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
			`The ${name} endpoint cannot be used: ${problem} (${shownUrl(address)}).`,
			'Copy the address from the documentation of the provider.',
		);
	}

	return endpoints;
};
