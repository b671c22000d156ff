import {systemRandom} from '../../source/core/clock.js';
import {CommandQueue} from '../../source/login/flow-race.js';
import type {FlowContext} from '../../source/login/flow.js';
import {browserFlow} from '../../source/login/flows/browser.js';
import {deviceFlow} from '../../source/login/flows/device.js';
import {hardenedFetch} from '../../source/oauth/hardened-fetch.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import {discover} from '../../source/oauth/discovery.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import {createManualClock, type ManualClock, type ScriptedServer} from '../../source/testing/index.js';

export type PreparedFlow = {
	readonly context: FlowContext;
	readonly clock: ManualClock;
	readonly events: readonly LoginEvent[];
	readonly eventsOf: <Type extends LoginEvent['type']>(type: Type) => readonly EventOf<Type>[];
	/** Signs in with the browser; its person allows at once. */
	readonly browser: () => Promise<TokenSet>;
	/** Signs in with a code; `onCode` is the person, and time passes as fast as it can. */
	readonly device: (onCode: (event: EventOf<'device-code'>) => void) => Promise<TokenSet>;
};

/** A provider that is discovered and ready for any flow against a scripted server in memory. */
export const prepareFlow = async (
	server: ScriptedServer,
	provider: Provider,
	clock = createManualClock(),
): Promise<PreparedFlow> => {
	server.script.clock = clock;
	const controller = new AbortController();
	const {signal} = controller;
	const fetch = hardenedFetch({fetch: server.fetch, clock});
	const events: LoginEvent[] = [];
	let onEvent: (event: LoginEvent) => void = () => undefined;
	const context: FlowContext = {
		provider: await discover(provider, {fetch, clock, signal}),
		fetch,
		clock,
		signal,
		random: systemRandom,
		emit(event) {
			events.push(event);
			onEvent(event);
		},
		commands: new CommandQueue(),
		claim: () => ({[Symbol.dispose]: () => undefined}),
		terminal: {openBrowser: server.openBrowser},
		autoOpen: true,
		autoRenew: false,
	};
	return {
		context,
		clock,
		events,
		eventsOf: <Type extends LoginEvent['type']>(type: Type) =>
			events.filter((event): event is EventOf<Type> => event.type === type),
		async browser() {
			// A page that leads nowhere would be waited for without end: this clock stands still.
			onEvent = event => {
				if (event.type === 'browser' && event.status === 'failed') controller.abort(new Error(event.detail));
			};
			return browserFlow(context);
		},
		async device(onCode) {
			onEvent = event => {
				if (event.type === 'device-code') onCode(event);
			};
			return clock.advanceUntil(deviceFlow(context));
		},
	};
};
