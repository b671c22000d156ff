/** What a request is for: the same bytes mean different things at different endpoints. */
export type EndpointKind =
	| 'discovery'
	| 'keys'
	| 'pushed-authorization'
	| 'device-authorization'
	| 'device-token'
	| 'token'
	| 'token-exchange'
	| 'user-info'
	| 'revocation';
