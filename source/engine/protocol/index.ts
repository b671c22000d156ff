export {exchangeAuthorizationCode, pushAuthorizationRequest, type AuthorizationCode} from './authorization-code.js';
export {checkServerAddress} from './check-metadata.js';
export {
	requestDeviceAuthorization,
	requestDeviceToken,
	type DeviceAuthorization,
	type DeviceTokenAnswer,
} from './device-authorization.js';
export {discover} from './discovery.js';
export {refreshTokens} from './refresh.js';
export {checkRequestParameters, requestParameters} from './request-parameters.js';
export {revokeTokens} from './revocation.js';
export {exportKeys, importKeys, prefetchKeys, type ServerKeys} from './server-keys.js';
export {requestClientCredentials, requestPassword} from './token-endpoint.js';
export {exchangeToken} from './token-exchange.js';
export {fetchUserInfo} from './user-info.js';
