import fc from 'fast-check';
import type {LoginCommand} from '../../source/login/flow.js';
import {hostileStrings} from '../support/hostile-strings.js';

/** What the server does with one request; every secret in it begins with {@link canary}. */
export type ScriptedResponse =
	| {
			readonly kind: 'answer';
			readonly status: number;
			readonly headers: Readonly<Record<string, string>>;
			readonly body: unknown;
	  }
	| {readonly kind: 'text'; readonly status: number; readonly text: string}
	/** The connection breaks; no response ever comes. */
	| {readonly kind: 'drop' | 'hang'};

export type Happening =
	| {readonly kind: 'command'; readonly command: LoginCommand}
	/** The person pastes what the browser shows: our own state, with this in place of the rest. */
	| {readonly kind: 'paste'; readonly query: Readonly<Record<string, string | undefined>>}
	| {readonly kind: 'suspend'; readonly ms: number; readonly monotonic: 'stops' | 'continues'}
	| {readonly kind: 'set-clock'; readonly ms: number};

/** A whole login as data: what the server says to each request in turn, and what happens meanwhile. */
export type LoginScript = {
	readonly metadata: ScriptedResponse | undefined;
	readonly device: readonly ScriptedResponse[];
	readonly token: readonly ScriptedResponse[];
	readonly revocation: readonly ScriptedResponse[];
	/** Each comes after so many steps of the clock. */
	readonly happenings: readonly (readonly [afterSteps: number, happening: Happening])[];
	readonly flow: 'browser' | 'device' | 'ask' | 'auto';
	readonly attended: boolean;
	readonly renew: boolean;
};

export const canary = 'canary-';

const foreignText = fc.oneof(fc.constantFrom(...hostileStrings), fc.string({unit: 'binary', maxLength: 40}));
const oddNumber = fc.oneof(
	fc.integer({min: -10, max: 4000}),
	fc.constantFrom(0, -0, 0.001, 1e9, 1e300, -1, 5e-324, 2 ** 31, 2 ** 53),
	fc.double(),
);
const anything = fc.oneof(foreignText, oddNumber, fc.boolean(), fc.constant(null), fc.jsonValue({maxDepth: 2}));

/** What should stand there, most of the time. */
const mostly = <Value>(right: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
	fc.oneof({weight: 4, arbitrary: right}, {weight: 1, arbitrary: anything});

const headers = fc.record(
	{
		'content-type': fc.constantFrom('application/json', 'Application/JSON;charset', 'text/html', 'text/plain', ''),
		'retry-after': fc.oneof(
			fc.integer({min: -5, max: 300}).map(String),
			fc.constantFrom('soon', '1e99', 'Thu, 01 Jan 2099 00:00:00 GMT', ''),
		),
		'www-authenticate': fc.constantFrom('Bearer', 'Basic realm="x"', 'Bearer error="invalid_token"', ',,='),
		date: fc.constantFrom('Thu, 01 Jan 1970 00:00:00 GMT', 'never'),
	},
	{requiredKeys: []},
);

const responseWith = (body: fc.Arbitrary<unknown>, statuses: readonly number[]): fc.Arbitrary<ScriptedResponse> =>
	fc.record({kind: fc.constant('answer' as const), status: fc.constantFrom(...statuses), headers, body});

const noResponse: fc.Arbitrary<ScriptedResponse> = fc.oneof(
	fc.record({kind: fc.constantFrom('drop' as const, 'hang' as const)}),
	fc.record({
		kind: fc.constant('text' as const),
		status: fc.constantFrom(200, 400, 404, 408, 429, 500, 502, 503),
		text: fc.constantFrom('', '<html>', '{', '[[[[', '{"a":'.repeat(40), 'null', '\u0000'),
	}),
);

const statuses = [200, 201, 204, 302, 307, 400, 401, 403, 404, 408, 428, 429, 500, 503];

const oauthErrors = [
	'authorization_pending',
	'slow_down',
	'access_denied',
	'expired_token',
	'invalid_grant',
	'invalid_client',
	'invalid_request',
	'server_error',
	'__proto__',
	'constructor',
	'toString',
];

/** A poll's answer that means what it says. */
const waitOn: fc.Arbitrary<ScriptedResponse> = responseWith(
	fc.oneof(
		fc.constant({error: 'authorization_pending'}),
		fc.record({error: fc.constant('slow_down'), interval: anything}, {requiredKeys: ['error']}),
	),
	[200, 400, 401, 403, 428, 429],
);

const failure = fc.record(
	{
		error: fc.oneof(fc.constantFrom(...oauthErrors), anything),
		error_description: anything,
		error_uri: anything,
		interval: anything,
	},
	{requiredKeys: ['error']},
);

const tokens = fc.record(
	{
		access_token: mostly(fc.constant(`${canary}access-token`)),
		token_type: mostly(fc.constantFrom('Bearer', 'bearer', 'DPoP', 'n_a')),
		expires_in: mostly(fc.integer({min: 0, max: 100_000})),
		refresh_token: mostly(fc.constant(`${canary}refresh-token`)),
		id_token: fc.oneof(fc.constant(`${canary}id.token.x`), anything),
		scope: anything,
	},
	{requiredKeys: ['access_token']},
);

const tokenResponse = fc.oneof(
	{weight: 6, arbitrary: waitOn},
	{weight: 2, arbitrary: noResponse},
	{weight: 2, arbitrary: responseWith(failure, statuses)},
	{weight: 1, arbitrary: responseWith(tokens, [200])},
	{weight: 1, arbitrary: responseWith(anything, statuses)},
);

const address = fc.oneof(
	fc.constantFrom('https://auth.example/device', 'https://auth.example/device?user_code=X', 'http://127.0.0.1/x'),
	fc.constantFrom('javascript:alert(1)', 'http://auth.example/', 'https://a@b/', '//x', 'https://10.0.0.1/', '-x'),
	foreignText.map(text => `https://auth.example/${text}`),
);

const deviceResponse = fc.oneof(
	{
		weight: 5,
		arbitrary: responseWith(
			fc.record(
				{
					device_code: mostly(fc.constant(`${canary}device-code`)),
					user_code: mostly(fc.constantFrom('WDJB-MJHT', '2W8Y-G4Z0')),
					verification_uri: mostly(address),
					verification_uri_complete: mostly(address),
					expires_in: mostly(fc.integer({min: 1, max: 4000})),
					interval: mostly(fc.integer({min: 0, max: 90})),
				},
				{requiredKeys: ['device_code', 'user_code', 'verification_uri', 'expires_in']},
			),
			[200],
		),
	},
	{weight: 1, arbitrary: responseWith(failure, statuses)},
	{weight: 1, arbitrary: noResponse},
);

const metadataResponse = fc.oneof(
	responseWith(
		fc.record(
			{
				issuer: mostly(fc.constant('https://auth.example')),
				authorization_endpoint: mostly(address),
				token_endpoint: mostly(fc.constant('https://auth.example/token')),
				device_authorization_endpoint: mostly(fc.constant('https://auth.example/device')),
				revocation_endpoint: mostly(fc.constant('https://auth.example/revoke')),
				jwks_uri: mostly(fc.constant('https://auth.example/jwks')),
				scopes_supported: mostly(fc.array(foreignText, {maxLength: 4})),
				grant_types_supported: anything,
				code_challenge_methods_supported: anything,
				authorization_response_iss_parameter_supported: anything,
				require_pushed_authorization_requests: anything,
			},
			{requiredKeys: ['issuer']},
		),
		[200],
	),
	noResponse,
);

const flow = fc.constantFrom('browser' as const, 'device' as const);

const command: fc.Arbitrary<LoginCommand> = fc.oneof(
	fc.record({type: fc.constantFrom('open' as const, 'close' as const), flow}),
	fc.record({type: fc.constantFrom('open-browser' as const, 'renew-code' as const)}),
	fc.record({type: fc.constant('paste' as const), text: foreignText}),
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
	{weight: 3, arbitrary: fc.record({kind: fc.constant('command' as const), command})},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant('paste' as const),
			query: fc.record(
				{
					code: fc.oneof(fc.constant(`${canary}code`), foreignText),
					error: fc.oneof(fc.constantFrom('access_denied', 'server_error'), foreignText),
					error_description: foreignText,
					iss: fc.oneof(fc.constant('https://auth.example'), foreignText),
					access_token: fc.constant(`${canary}access-token`),
				},
				{requiredKeys: []},
			),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant('suspend' as const),
			ms: fc.integer({min: 1, max: 7_200_000}),
			monotonic: fc.constantFrom('stops' as const, 'continues' as const),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({kind: fc.constant('set-clock' as const), ms: fc.integer({min: -7_200_000, max: 7_200_000})}),
	},
);

/** @param quiet - nothing but requests and time happens: then the waits can be judged to the second */
export const arbitraryLogin = ({quiet = false}: {readonly quiet?: boolean} = {}): fc.Arbitrary<LoginScript> =>
	fc.record({
		metadata: quiet ? fc.constant(undefined) : fc.option(metadataResponse, {nil: undefined, freq: 2}),
		device: fc.array(deviceResponse, {maxLength: quiet ? 1 : 3}),
		token: fc.array(tokenResponse, {maxLength: 12}),
		revocation: fc.array(noResponse, {maxLength: 2}),
		happenings: quiet ? fc.constant([]) : fc.array(fc.tuple(fc.integer({min: 0, max: 40}), happening), {maxLength: 6}),
		flow: quiet
			? fc.constant('device' as const)
			: fc.constantFrom('browser' as const, 'device' as const, 'ask' as const, 'auto' as const),
		attended: quiet ? fc.constant(false) : fc.boolean(),
		renew: quiet ? fc.constant(false) : fc.boolean(),
	});
