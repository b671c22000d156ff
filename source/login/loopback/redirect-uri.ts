import {displayText} from '../../core/safe-text.js';
import {LoginError} from '../../core/errors.js';
import {bracketed} from '../../core/safe-url.js';
import type {ProviderSettings} from '../../oauth/provider.js';

/** Where the authorization server sends the browser back to. */
export type RedirectTarget =
	/** To this program (RFC 8252 §7.3). */
	| {
			readonly kind: 'loopback';
			/** Addresses to bind, by preference: all of a group are bound, on one port. */
			readonly addresses: readonly (readonly string[])[];
			/** Where the browser comes to, if something forwards that to this program: another name, https. */
			readonly origin?: string;
			/** Whether the name `localhost` may stand in a request's Host. */
			readonly allowsName: boolean;
			/** Tried in order; 0 is one from the operating system. */
			readonly ports: readonly number[];
			/** The path of a callback, exactly. */
			readonly path: string;
			/** The redirect URI, for the address and the port that were bound. */
			readonly uri: (address: string, port: number) => string;
	  }
	/** To a page that is not ours: the person pastes what it shows. */
	| {readonly kind: 'elsewhere'; readonly uri: string};

/** A loopback redirect URI in its parts; by hand, since `URL` forgets a port of 80, and the URI is repeated to the byte (RFC 6749 §4.1.3). */
const loopbackUri =
	/^(?<origin>http:\/\/(?:(?<name>localhost)|\[(?<six>::1)\]|(?<four>127(?:\.\d{1,3}){3})))(?::(?<port>\d+))?(?<path>\/[^?#]*)?(?<query>\?[^#]*)?$/i;

const misconfigured = (uri: string, why: string) =>
	new LoginError('config_error', `The redirect URI ${displayText(uri, 80)} can't be used because ${why}.`, {
		hint: 'Use the redirect URI that is registered with the provider: http on 127.0.0.1, or https.',
	});

/** `localhost` is bound on both protocols: a browser may take either. */
const bothLoopbacks = ['127.0.0.1', '::1'];

/** A page elsewhere, or, with ports given, an address that something forwards to one of them (a codespace, a tunnel). */
const elsewhere = (uri: string, ports: readonly number[] | undefined): RedirectTarget => {
	if (ports === undefined) return {kind: 'elsewhere', uri};
	const {origin, pathname} = new URL(uri);
	return {
		kind: 'loopback',
		addresses: [['127.0.0.1'], ['::1']],
		origin,
		allowsName: true,
		ports,
		path: pathname,
		uri: () => uri,
	};
};

const wholeUri = (uri: string, given: readonly number[] | undefined): RedirectTarget => {
	if (!URL.canParse(uri)) throw misconfigured(uri, "it isn't a URL");
	const parts = loopbackUri.exec(uri)?.groups;
	if (parts === undefined) {
		if (new URL(uri).protocol === 'http:') throw misconfigured(uri, "http isn't safe beyond this computer");
		return elsewhere(uri, given);
	}

	const ports = given ?? [0];
	const {origin = '', name, six, four = '', port, path = '', query = ''} = parts;
	return {
		kind: 'loopback',
		addresses: [name === undefined ? [six ?? four] : bothLoopbacks],
		allowsName: name !== undefined,
		ports: port === undefined ? ports : [Number(port)],
		path: path || '/',
		uri: (_address, bound) => `${origin}:${port ?? bound}${path}${query}`,
	};
};

/**
 * Reads a provider's redirect settings.
 *
 * @throws LoginError `config_error`
 */
export const redirectTarget = (redirect: ProviderSettings['redirect'] = {}): RedirectTarget => {
	const {uri, host = '127.0.0.1', ports = [0], path = '/callback'} = redirect;
	const impossible = ports.find(port => !Number.isInteger(port) || port < 0 || port > 65_535);
	if (impossible !== undefined || ports.length === 0) {
		throw new LoginError('config_error', `${impossible ?? 'An empty list'} isn't a port to listen on.`, {
			hint: 'Choose ports between 1 and 65535.',
		});
	}

	if (uri !== undefined) return wholeUri(uri, redirect.ports);
	if (!/^\/[^?#]*$/.test(path)) throw misconfigured(path, 'a path begins with / and has no ? or #');
	const named = host === 'localhost';
	return {
		kind: 'loopback',
		// RFC 8252 §7.3: IPv4 is not taken for granted.
		addresses: named ? [bothLoopbacks] : [['127.0.0.1'], ['::1']],
		allowsName: named,
		ports,
		path,
		uri: (address, port) => `http://${named ? host : bracketed(address)}:${port}${path}`,
	};
};
