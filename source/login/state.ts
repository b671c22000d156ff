import type {LoginErrorCode} from '../core/errors.js';
import type {EventOf, LoginEvent} from './events.js';
import {type TypedFlow, type FlowName, type OwnFlow} from '../core/types.js';

type Closed = {readonly status: 'closed'; readonly reason: string; readonly code?: LoginErrorCode};

/** What the device flow's polling last heard, and when it asks next. */
export type PollingState =
	| {
			/** What the last response was. */
			readonly kind: 'waiting' | 'slowed-down' | 'resumed';
			readonly checks: number;
			/** Seconds between two checks. */
			readonly interval: number;
			/** When the server is asked next: epoch milliseconds. */
			readonly nextPollAt: number;
			/** How often in a row the server has asked to slow down by now. */
			readonly inARow?: number;
	  }
	| {
			readonly kind: 'backoff';
			readonly checks: number;
			readonly reason: string;
			/** When the same is tried again: epoch milliseconds. */
			readonly retryAt: number;
	  };

/** The device flow, as far as it has come. */
export type DeviceState = {
	readonly flow: 'device';
	readonly reason: string;
	/** `opening`: the code is being asked for. `exchanging` does not occur: the tokens come with the approval. */
	readonly phase: {readonly status: 'opening' | 'waiting'} | Closed;
	/** The code that counts now. */
	readonly code?: EventOf<'device-code'>;
	/** The codes before this one, newest last: dead, and named so that nobody types them. */
	readonly formerCodes: readonly string[];
	/** What the server last said to the code. */
	readonly polling?: PollingState;
	/** Whether the address could be opened on this computer, where that was asked for. */
	readonly opener?: Omit<EventOf<'browser'>, 'type'>;
};

/** The browser flow, as far as it has come. */
export type BrowserState = {
	readonly flow: 'browser';
	readonly reason: string;
	/** `exchanging`: the response is here, the tokens are not yet. */
	readonly phase: {readonly status: 'opening' | 'waiting' | 'exchanging'} | Closed;
	/** What to open, once the port is bound. */
	readonly address?: EventOf<'authorization-url'>;
	/** Whether a browser could be opened, where that was asked for. */
	readonly opener?: Omit<EventOf<'browser'>, 'type'>;
	/** How many responses were not ours, and why the last one was not. */
	readonly ignored: {readonly count: number; readonly reason?: string};
	/** Why the last paste was not taken. */
	readonly pasteRejected?: string;
};

/** A flow without a person. */
export type MachineState = {
	readonly flow: OwnFlow;
	readonly reason: string;
	readonly phase: {readonly status: 'opening' | 'exchanging'} | Closed;
};

/** A flow whose credentials are typed here, as far as it has come; what was typed is not in it. */
export type CredentialsState = {
	readonly flow: TypedFlow;
	readonly reason: string;
	/** `waiting`: for what `question` asks. */
	readonly phase: {readonly status: 'opening' | 'waiting' | 'exchanging'} | Closed;
	/** What was asked last. */
	readonly question?: EventOf<'question'>;
	/** How many questions were asked by then. */
	readonly questions?: number;
	/** Where the code that counts now was sent. */
	readonly sent?: EventOf<'code-sent'>;
	/** Whether another code was sent before it. */
	readonly isRenewed?: boolean;
	/** The tries with that code that failed, and why the last one did. */
	readonly rejected?: {readonly count: number; readonly reason: string};
};

/** A flow that was opened. */
export type FlowState = DeviceState | BrowserState | MachineState | CredentialsState;

/** The state of a login: what its events so far amount to. Every reporter shows this, each in its own way. */
export type LoginState = {
	/** `choosing`: no flow is open, the picker's turn. `waiting`: another process shows the login. */
	readonly phase: 'choosing' | 'signing-in' | 'waiting' | 'signed-in' | 'failed' | 'pending';
	/** What the provider can do, once that is known. */
	readonly discovery?: EventOf<'discovery'>;
	/** As which client, where a resource's server said it. */
	readonly client?: EventOf<'client'>;
	/** Why someone is to sign in although there is a session. */
	readonly stepUp?: EventOf<'step-up'>;
	/** What has been opened so far, closed flows included. */
	readonly flows: {
		readonly browser?: BrowserState;
		readonly device?: DeviceState;
		readonly 'client-credentials'?: MachineState;
		readonly 'workload-identity'?: MachineState;
		readonly password?: CredentialsState;
		readonly 'one-time-code'?: CredentialsState;
	};
	/** The flows in the order in which they were first opened. */
	readonly order: readonly FlowName[];
	/** The last flow that closed by a failure of its own, until another is opened. */
	readonly lastFailure?: {
		readonly flow: FlowName;
		readonly reason: string;
		readonly code: LoginErrorCode;
		readonly hint?: string;
	};
	/** A paste that no open flow could take. */
	readonly pasteRejected?: string;
	/** The end, where someone signed in. */
	readonly signedIn?: EventOf<'signed-in'>;
	/** The end, where nobody did. */
	readonly failed?: EventOf<'failed'>;
	/** The end, where it goes on in another process. */
	readonly pending?: EventOf<'pending'>;
};

/** A login before its first event. */
export const initialLoginState: LoginState = {phase: 'choosing', flows: {}, order: []};

/** Whether a flow has been opened and has not closed. */
export const isOpen = (flow: FlowState | undefined): boolean => flow !== undefined && flow.phase.status !== 'closed';

export const ifOpen = <Flow extends FlowState>(flow: Flow | undefined): Flow | undefined =>
	isOpen(flow) ? flow : undefined;

/** The open flows, in the order in which they were opened. */
export const openFlows = (state: LoginState): readonly FlowState[] =>
	state.order.map(flow => state.flows[flow]).filter((flow): flow is FlowState => isOpen(flow));

const opened = (flow: FlowName, reason: string): FlowState => {
	const phase = {status: 'opening'} as const;
	switch (flow) {
		case 'device':
			return {flow, reason, phase, formerCodes: []};
		case 'browser':
			return {flow, reason, phase, ignored: {count: 0}};
		default:
			return {flow, reason, phase};
	}
};

type Flows = LoginState['flows'];

/** Changes a flow that is open. */
const withFlow = <Name extends keyof Flows>(
	state: LoginState,
	name: Name,
	change: (flow: NonNullable<Flows[Name]>) => Flows[Name],
): LoginState => {
	const flow = state.flows[name];
	return flow === undefined || !isOpen(flow) ? state : {...state, flows: {...state.flows, [name]: change(flow)}};
};

const withPolling = (
	state: LoginState,
	change: (checks: number, last: PollingState | undefined) => PollingState,
): LoginState =>
	withFlow(state, 'device', device => ({...device, polling: change(device.polling?.checks ?? 0, device.polling)}));

const closeFlow = (state: LoginState, {flow, reason, code, hint}: EventOf<'flow-closed'>): LoginState => {
	const closing = state.flows[flow];
	if (!isOpen(closing)) return state;
	const phase: Closed = {status: 'closed', reason, code};
	const next: LoginState = {
		...state,
		flows: {...state.flows, [flow]: {...closing, phase}},
		...(code !== undefined && code !== 'cancelled' && {lastFailure: {flow, reason, code, hint}}),
	};
	return openFlows(next).length === 0 ? {...next, phase: 'choosing'} : next;
};

/** Folds one event into the state. Total: an event that does not fit changes nothing, and none after an end counts. */
export const reduceLogin = (state: LoginState, event: LoginEvent): LoginState => {
	if (state.phase === 'signed-in' || state.phase === 'failed' || state.phase === 'pending') return state;
	switch (event.type) {
		case 'discovery':
			return {...state, discovery: event};
		case 'client':
			return {...state, client: event};
		case 'step-up':
			return {...state, stepUp: event};
		case 'flow-opened': {
			const {lastFailure: _, pasteRejected: __, ...rest} = state;
			return {
				...rest,
				phase: 'signing-in',
				flows: {...state.flows, [event.flow]: opened(event.flow, event.reason)},
				order: [...state.order.filter(flow => flow !== event.flow), event.flow],
			};
		}

		case 'flow-closed':
			return closeFlow(state, event);
		case 'authorization-url':
			return withFlow(state, 'browser', browser => ({...browser, phase: {status: 'waiting'}, address: event}));
		case 'browser': {
			const {type: _, ...opener} = event;
			return isOpen(state.flows.browser)
				? withFlow(state, 'browser', browser => ({...browser, opener}))
				: withFlow(state, 'device', device => ({...device, opener}));
		}

		case 'device-code': {
			const {interval, nextPollAt} = event;
			return withFlow(state, 'device', device => ({
				...device,
				phase: {status: 'waiting'},
				formerCodes: device.code === undefined ? [] : [...device.formerCodes, device.code.userCode],
				code: event,
				polling: {kind: 'waiting', checks: 0, interval, nextPollAt},
			}));
		}

		case 'poll': {
			const {attempt, interval, nextPollAt} = event;
			return withPolling(state, () => ({kind: 'waiting', checks: attempt, interval, nextPollAt}));
		}

		case 'slow-down': {
			const {interval, nextPollAt} = event;
			return withPolling(state, (checks, last) => {
				const inARow = (last?.kind === 'slowed-down' ? (last.inARow ?? 1) : 0) + 1;
				return {kind: 'slowed-down', checks: checks + 1, interval, nextPollAt, inARow};
			});
		}

		case 'backoff': {
			const {reason, retryAt} = event;
			return withPolling(state, checks => ({kind: 'backoff', checks, reason, retryAt}));
		}

		case 'resumed':
			return withFlow(state, 'device', device =>
				device.polling === undefined || device.polling.kind === 'backoff'
					? device
					: {...device, polling: {...device.polling, kind: 'resumed'}},
			);
		case 'callback-ignored':
			return withFlow(state, 'browser', browser => ({
				...browser,
				ignored: {count: browser.ignored.count + 1, reason: event.reason},
			}));
		case 'paste-rejected':
			return isOpen(state.flows.browser)
				? withFlow(state, 'browser', browser => ({...browser, pasteRejected: event.reason}))
				: {...state, pasteRejected: event.reason};
		case 'question':
			return withFlow(state, event.flow, flow => ({
				...flow,
				phase: {status: 'waiting'},
				question: event,
				questions: (flow.questions ?? 0) + 1,
			}));
		case 'code-sent':
			return withFlow(state, 'one-time-code', flow => ({
				...flow,
				sent: event,
				isRenewed: flow.sent !== undefined,
				rejected: undefined,
			}));
		case 'code-rejected':
			return withFlow(state, 'one-time-code', flow => ({
				...flow,
				rejected: {count: (flow.rejected?.count ?? 0) + 1, reason: event.reason},
			}));
		case 'waiting':
			return {...state, phase: 'waiting'};
		case 'exchange': {
			const exchanging = state.flows[event.flow];
			return exchanging === undefined || exchanging.flow === 'device' || !isOpen(exchanging)
				? state
				: {...state, flows: {...state.flows, [event.flow]: {...exchanging, phase: {status: 'exchanging'}}}};
		}

		case 'signed-in':
			return {...state, phase: 'signed-in', signedIn: event};
		case 'failed':
			return {...state, phase: 'failed', failed: event};
		case 'pending':
			return {...state, phase: 'pending', pending: event};
		default:
			// A recording of a later version may hold events that this one does not know.
			return state;
	}
};
