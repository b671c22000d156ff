import {errorCode, LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {LocalSockets} from '../terminal.js';

export type Listener = {readonly port: number; close(): void};

/** Listens on one address and port, exclusively; rejects with the system's error. */
type Listen<Bound extends Listener> = (address: string, port: number) => Promise<Bound>;

/** Another program has the port, or this one may not have it. */
const taken: readonly (string | undefined)[] = ['EADDRINUSE', 'EACCES'];

/** How many ports from the system are tried, since one that is free on one address may be taken on the other. */
const patience = 10;

/** All addresses on one port; undefined when one of them is taken; empty when the computer has none of them. */
const bindAll = async <Bound extends Listener>(
	addresses: readonly string[],
	port: number,
	listen: Listen<Bound>,
): Promise<readonly Bound[] | undefined> => {
	const bound: Bound[] = [];
	for (const address of addresses) {
		try {
			bound.push(await listen(address, bound[0]?.port ?? port));
		} catch (error) {
			if (!taken.includes(errorCode(error))) continue;
			for (const listener of bound) listener.close();
			return undefined;
		}
	}

	return bound;
};

const portInUse = async (ports: readonly number[], holderOf: LocalSockets['findPortOwner']) => {
	const named = ports.filter(port => port !== 0);
	const texts = await Promise.all(
		named.map(async port => {
			const holder = await holderOf(port);
			return holder === undefined ? String(port) : `${port} (used by ${displayText(holder, 60)})`;
		}),
	);
	const list = new Intl.ListFormat('en').format(texts);
	return new LoginError(
		'port_in_use',
		named.length === 1 ? `Port ${list} is in use.` : `The ports ${list} are all in use.`,
		{hint: words => words.otherPort},
	);
};

/**
 * Binds the first group of addresses that this computer has, on the first port that is free on all of the group; never
 * on any other interface (RFC 8252 §7.3, §8.3).
 *
 * @param holderOf - names who has a port that is taken.
 * @throws LoginError `port_in_use`, or `config_error` where there is no loopback interface
 */
export const bindLoopback = async <Bound extends Listener>(
	groups: readonly (readonly string[])[],
	ports: readonly number[],
	listen: Listen<Bound>,
	holderOf: LocalSockets['findPortOwner'] = async () => undefined,
): Promise<readonly Bound[]> => {
	for (const addresses of groups) {
		let inUse = false;
		for (const port of ports) {
			for (let attempt = 0; attempt < (port === 0 ? patience : 1); attempt += 1) {
				const bound = await bindAll(addresses, port, listen);
				if (bound !== undefined && bound.length > 0) return bound;
				inUse ||= bound === undefined;
			}
		}

		if (inUse) throw await portInUse(ports, holderOf);
	}

	throw new LoginError('config_error', "This computer doesn't let programs listen on its loopback address.", {
		hint: 'Sign in with a code on another device instead.',
	});
};
