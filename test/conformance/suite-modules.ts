/** What one module of the OpenID Connect conformance suite asks of a client, and why where no test answers it. */
export type SuiteModule = {readonly id: string; readonly untested?: string};

type Note = Pick<SuiteModule, 'untested'>;

const noDpop: Note = {untested: 'DPoP is not offered: tokens are bearer tokens'};
const notAsked = (what: string): Note => ({untested: what});
const hybrid = notAsked('of the hybrid and implicit flows, which do not exist here');
const jarm = notAsked('JWT-secured responses are not asked for; a response with `response` is rejected');

const modules = (prefix: string, rows: readonly (readonly [names: string, note?: Note])[]): readonly SuiteModule[] =>
	rows.flatMap(([names, note]) => names.split(' ').map(name => ({id: prefix + name, ...note})));

const oidcc = 'oidcc-client-test';

/** The conformance suite's modules by plan. */
export const suiteModules: Readonly<Record<string, readonly SuiteModule[]>> = {
	'RP Basic': [
		{id: oidcc},
		...modules(`${oidcc}-`, [
			['invalid-iss missing-sub invalid-aud missing-iat kid-absent-single-jwks kid-absent-multiple-jwks'],
			['idtoken-sig-rs256 idtoken-sig-none invalid-sig-rs256 userinfo-invalid-sub nonce-invalid'],
			['scope-userinfo-claims client-secret-basic'],
		]),
	],
	'RP Config': modules(`${oidcc}-`, [
		['discovery-openid-config discovery-jwks-uri-keys discovery-issuer-mismatch'],
		['signing-key-rotation-just-before-signing signing-key-rotation'],
	]),
	'RP Refresh token': modules(`${oidcc}-`, [['refresh-token refresh-token-invalid-issuer refresh-token-invalid-sub']]),
	'RP further': modules(`${oidcc}-`, [
		['missing-aud invalid-sig-es256 invalid-sig-hs256 invalid-athash missing-athash'],
		['userinfo-bearer-header userinfo-signed aggregated-claims distributed-claims'],
		['invalid-chash missing-chash nonce-unless-code-flow', hybrid],
		['userinfo-bearer-body', notAsked('the token goes into the header (RFC 6750 §2.1)')],
		['form-post-error', notAsked('form_post is not asked for; the loopback port takes GET alone')],
		['mtls-endpoint-aliases', notAsked('clients with certificates are not offered')],
		['request-uri-signed-none request-uri-signed-rs256', notAsked('request objects are not sent')],
		['dynamic-registration', notAsked('clients are registered by their owners')],
		['discovery-webfinger-acct discovery-webfinger-url', notAsked('the issuer is configured, not searched for')],
		['3rd-party-init-login', notAsked('a command line has no URL to start a login at')],
	]),
	'FAPI 2.0 client': modules('fapi2-security-profile-final-client-test-', [
		['happy-path discovery-issuer-mismatch'],
		['invalid-authorization-response-iss remove-authorization-response-iss'],
		['ensure-authorization-response-with-invalid-state-fails'],
		['ensure-authorization-response-with-invalid-missing-state-fails'],
		['invalid-iss invalid-aud invalid-secondary-aud invalid-missing-aud invalid-missing-exp invalid-missing-iss'],
		['invalid-missing-nonce invalid-nonce invalid-expired-exp invalid-null-alg invalid-alternate-alg'],
		['valid-aud-as-array token-type-case-insensitivity token-endpoint-response-without-expires_in'],
		['refresh-token-test'],
		['happy-path-no-dpop-nonce rs-dpop-auth-scheme-case-insensitivity', noDpop],
		['ensure-jarm-signature-is-not-none ensure-jarm-with-expired-exp ensure-jarm-with-invalid-aud', jarm],
		['ensure-jarm-with-invalid-iss ensure-jarm-with-invalid-sig', jarm],
		['ensure-jarm-without-aud ensure-jarm-without-exp ensure-jarm-without-iss', jarm],
	]),
	'Device grant, after the CIBA plan': modules('device-', [
		['respects-interval-test slow-down-test invalid-access-denied-test invalid-expired-token-test'],
		['invalid-missing-device-code-test invalid-missing-user-code-test invalid-missing-verification-uri-test'],
		['invalid-missing-expires-in-test no-scope-in-token-endpoint-response-test'],
		['invalid-signature-test invalid-null-alg-test invalid-alternate-alg-test invalid-aud-test invalid-iss-test'],
		['invalid-secondary-aud-test invalid-missing-aud-test invalid-missing-exp-test invalid-missing-iat-test'],
		['invalid-missing-iss-test invalid-missing-sub-test invalid-iat-is-week-in-past-test invalid-expired-exp-test'],
		['valid-aud-as-array-test refresh-token-test'],
		['authorization-pending slow-down access-denied expired-token'],
	]),
};
