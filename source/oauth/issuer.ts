import {LoginError} from '../core/errors.js';
import {checkUrl, shownUrl} from '../core/safe-url.js';

/** Where each Entra tenant has an issuer of its own, this stands in its place; the token's `tid` says which it is. */
const tenantPlaceholder = '{tenantid}';

export const isTenantId = (tenant: unknown): tenant is string =>
	typeof tenant === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(tenant);

export const hasTenants = (issuer: string): boolean => issuer.includes(tenantPlaceholder);

/** The metadata of a server of many tenants is the same for all. */
export const metadataIssuer = (issuer: string): string => issuer.replace(tenantPlaceholder, 'common');

/** The issuer of one tenant; undefined where `tenant` is not the id of one. */
export const tenantIssuer = (issuer: string, tenant: unknown): string | undefined =>
	isTenantId(tenant) ? issuer.replace(tenantPlaceholder, tenant) : undefined;

/** Simple string comparison (RFC 9207 §2.4); for many tenants, with the id of any in its place. */
export const isIssuer = (issuer: string, iss: string): boolean => {
	if (!hasTenants(issuer)) return iss === issuer;
	const start = issuer.indexOf(tenantPlaceholder);
	const end = iss.length - (issuer.length - start - tenantPlaceholder.length);
	return iss === tenantIssuer(issuer, iss.slice(start, end));
};

/**
 * An issuer identifier: an https URL without query and fragment (RFC 8414 §2). It is compared byte by byte later, so it
 * stays as it was written.
 *
 * @throws LoginError `config_error`
 */
export const checkIssuer = (issuer: unknown): string => {
	const refuse = (problem: string) =>
		new LoginError('config_error', problem, {hint: 'An issuer is an https URL, as in https://login.example.com.'});
	// A program without types, or a stored provider, may have none.
	if (typeof issuer !== 'string' || issuer.trim() === '') throw refuse('The issuer is missing.');
	const url = checkUrl(issuer);
	const problem = typeof url === 'string' ? url : /[?#]/.test(issuer) ? 'it has a query or a fragment' : undefined;
	if (problem === undefined) return issuer;
	throw refuse(`The issuer can't be used: ${problem} (${shownUrl(issuer)}).`);
};
