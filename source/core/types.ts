import type {DisplayText} from './safe-text.js';

/** The flows, in the order of preference where nothing else decides (RFC 9700 §2, RFC 8252). */
export const flows = [
	'browser',
	'device',
	'workload-identity',
	'client-credentials',
	'one-time-code',
	'password',
] as const;

/** A flow. */
export type FlowName = (typeof flows)[number];

/** A flow in which the program signs in as itself. */
export type OwnFlow = 'client-credentials' | 'workload-identity';

/** Whether a program signs in as itself: nobody is asked, and its session is renewed by doing it again. */
export const isOwnFlow = (flow: string | undefined): flow is OwnFlow =>
	flow === 'client-credentials' || flow === 'workload-identity';

/** A flow in which a person types into the program what proves who they are. */
export type TypedFlow = 'password' | 'one-time-code';

/** Whether a person types into the program. */
export const isTypedFlow = (flow: string | undefined): flow is TypedFlow =>
	flow === 'password' || flow === 'one-time-code';

/** Whether a person approves on a page, which may also be when this program has ended. */
export const isPageFlow = (flow: string | undefined): flow is 'browser' | 'device' =>
	flow === 'browser' || flow === 'device';

/** For each flow: `true`, or why it is not possible here. */
export type FlowAvailability = Readonly<Record<FlowName, true | string>>;

/** Every flow, for when a server's abilities aren't known yet or no longer matter. */
export const everyFlow: FlowAvailability = {
	browser: true,
	device: true,
	'workload-identity': true,
	'client-credentials': true,
	password: true,
	'one-time-code': true,
};

/** Who signed in: (issuer, subject) is the key, the rest is for display only (OIDC Core §5.7). */
export type Identity = {
	readonly issuer: string;
	/** The `sub` claim: unique and never reassigned there. */
	readonly subject: string;
	readonly name?: DisplayText;
	readonly email?: DisplayText;
	/** Only where the server says that it has not verified the e-mail address. */
	readonly emailVerified?: false;
};

export const isSamePerson = (one: Identity, other: Identity | undefined): boolean =>
	one.issuer === other?.issuer && one.subject === other.subject;

/** Where sessions are saved; `custom` is a store of the app's own. */
export type StoreKind = 'keyring' | 'file' | 'memory' | 'custom';

/** As in `process.env`. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
