export {exchangeAuthorizationCode, pushAuthorizationRequest} from './authorization-code.js';
export {requestDeviceAuthorization, requestDeviceToken, type DeviceAuthorization} from './device-authorization.js';
export {discover} from './discovery.js';
export {refreshTokens} from './token-endpoint.js';
export {revokeTokens} from './revocation.js';
export {exportKeys, importKeys, prefetchKeys} from './jwks.js';
export {requestClientCredentials, requestPassword} from './token-endpoint.js';
export {exchangeToken} from './token-exchange.js';
export {fetchUserInfo} from './userinfo.js';
