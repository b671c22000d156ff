import {writeFileSync} from 'node:fs';

const environment = 'login.microsoftonline.com';
const [user, tenant] = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'];
const account = `${user}.${tenant}`;

/** A cache with one account and its token, in the form that MSAL's libraries share. */
export const writeMsalCache = (path: string): void => {
	const now = Math.floor(Date.now() / 1000);
	const shared = {home_account_id: account, environment, realm: tenant, client_id: 'client'};
	const claims = Buffer.from(JSON.stringify({oid: user, tid: tenant, preferred_username: 'ada@example.com'}));
	writeFileSync(
		path,
		JSON.stringify({
			Account: {
				[`${account}-${environment}-${tenant}`]: {
					home_account_id: account,
					environment,
					realm: tenant,
					local_account_id: user,
					username: 'ada@example.com',
					authority_type: 'MSSTS',
				},
			},
			IdToken: {
				[`${account}-${environment}-idtoken-client-${tenant}----`]: {
					...shared,
					credential_type: 'IdToken',
					secret: `e30.${claims.toString('base64url')}.x`,
				},
			},
			AccessToken: {
				[`${account}-${environment}-accesstoken-client-${tenant}-user.read--`]: {
					...shared,
					credential_type: 'AccessToken',
					secret: 'a'.repeat(1400),
					target: 'User.Read',
					token_type: 'Bearer',
					cached_at: String(now),
					expires_on: String(now + 3600),
					extended_expires_on: String(now + 7200),
				},
			},
			RefreshToken: {},
			AppMetadata: {},
		}),
	);
};
