import type {JWK} from 'oauth4webapi';
import {omitUndefined} from '../core/clock.js';

/** Many servers compare redirect URIs exactly, the port included: these are registered, and tried in this order. */
export const clientPorts: readonly number[] = [8484, 8485, 8486];

/** The same for every copy of this program (RFC 7591 §2), so that a server can tell whose registrations these are. */
const softwareId = 'a3e1c1de-5a6b-4c0e-9f7d-8d2f6c1b7e45';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** What a client says of itself (RFC 7591 §2), to be sent, hosted or typed in. */
export type ClientMetadata = {
	/** The URL of the document, where it is hosted (Client ID Metadata Document). */
	readonly client_id?: string;
	readonly client_name: string;
	readonly software_id?: string;
	readonly application_type: 'native';
	readonly redirect_uris: readonly string[];
	readonly response_types?: readonly string[];
	readonly grant_types: readonly string[];
	readonly token_endpoint_auth_method?: string;
	readonly jwks?: {readonly keys: readonly JWK[]};
};

/** What `clientMetadata` takes. */
type ClientMetadataOptions = {
	/** What people read when they are asked for consent. @default 'ink-login' */
	readonly application?: string | undefined;
	readonly redirectUris: readonly string[];
	/** Where the document will be. @default it is not hosted */
	readonly url?: string | undefined;
	/** @default 'none': a program that many people have keeps no secret */
	readonly method?: string;
	/** The public halves of its keys, with which it may sign in by itself, too. @default it has none */
	readonly jwks?: ClientMetadata['jwks'] | undefined;
	/** Whether codes are used, too. Some servers refuse a grant that they do not have. @default true */
	readonly device?: boolean;
};

/**
 * The metadata of a command-line program. It names no scope: where a registration does, servers take it for the most that
 * the client may ever ask for.
 */
export const clientMetadata = ({
	application = 'ink-login',
	redirectUris,
	url,
	jwks,
	method = jwks === undefined ? 'none' : 'private_key_jwt',
	device = true,
}: ClientMetadataOptions): ClientMetadata =>
	omitUndefined<ClientMetadata>({
		...(url !== undefined && {client_id: url}),
		client_name: application,
		software_id: softwareId,
		application_type: 'native',
		redirect_uris: redirectUris,
		response_types: ['code'],
		grant_types: [
			'authorization_code',
			'refresh_token',
			...(device ? [deviceGrant] : []),
			...(jwks === undefined ? [] : ['client_credentials']),
		],
		token_endpoint_auth_method: method,
		jwks,
	});

/** As little as a registration can say, for a server that refused more. */
export const reducedMetadata = ({client_name, application_type, redirect_uris}: ClientMetadata): ClientMetadata => ({
	client_name,
	application_type,
	redirect_uris,
	grant_types: ['authorization_code', 'refresh_token'],
});
