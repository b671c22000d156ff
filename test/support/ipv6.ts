import net from 'node:net';

/** Whether this computer has a loopback address of IPv6. */
export const hasIpv6 = async (): Promise<boolean> =>
	new Promise(resolve => {
		const probe = net.createServer().once('error', () => resolve(false));
		probe.listen(0, '::1', () => probe.close(() => resolve(true)));
	});
