import type {Server} from 'node:http';
import type {Socket} from 'node:net';

/**
 * The open connections of one login. When there are too many, the oldest that has sent no complete request goes: a plain
 * limit would turn away the true callback while someone else keeps idle connections open.
 */
export class SocketPool {
	/** In the order in which they came. */
	readonly #sockets = new Set<Socket>();
	readonly #complete = new WeakSet<Socket>();
	readonly #maximum: number;

	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	watch(server: Server): void {
		server.on('connection', socket => this.#add(socket));
		server.on('request', request => this.#complete.add(request.socket));
	}

	destroyAllBut(spared: ReadonlySet<Socket | null>): void {
		for (const socket of this.#sockets) {
			if (!spared.has(socket)) socket.destroy();
		}
	}

	#add(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('close', () => this.#sockets.delete(socket));
		if (this.#sockets.size <= this.#maximum) return;
		for (const candidate of this.#sockets) {
			if (this.#complete.has(candidate)) continue;
			candidate.destroy();
			this.#sockets.delete(candidate);
			return;
		}
	}
}
