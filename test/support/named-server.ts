import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {createPrivateCa, type PrivateCa} from './certificates.js';
import {listenOverHttps} from './https-hosts.js';
import {startForwardProxy, type ForwardProxy} from './forward-proxy.js';

/** An authorization server by HTTPS, and what leads to it. */
export type NamedServer = AsyncDisposable & {
	/** Signs its certificate, which is for `localhost` too. */
	readonly ca: PrivateCa;
	/** Alone knows where the host is. */
	readonly proxy: ForwardProxy;
	readonly server: ScriptedServer;
	/** The port on loopback behind the proxy. */
	readonly port: number;
};

/** An authorization server under the name of a host that only a proxy finds, with a certificate of a private authority. */
export const startNamedServer = async (
	host: string,
	{issuerAt = () => `https://${host}`, ...script}: ServerScript & {readonly issuerAt?: (port: number) => string} = {},
): Promise<NamedServer> => {
	const ca = await createPrivateCa();
	const {port, close} = await listenOverHttps(ca, [host, 'localhost'], async (input, init) =>
		server.fetch(input, init),
	);
	const server = await startScriptedServer({...script, issuer: issuerAt(port)});
	const proxy = await startForwardProxy({[`${host}:443`]: port});
	return {
		ca,
		proxy,
		server,
		port,
		async [Symbol.asyncDispose]() {
			close();
			await proxy[Symbol.asyncDispose]();
			await ca[Symbol.asyncDispose]();
		},
	};
};
