import type Provider from 'oidc-provider';
import type {Configuration, KoaContextWithOIDC} from 'oidc-provider';
import {deviceCodePage, deviceConfirmationPage, deviceEndPage, type AuthorizationFacts} from './pages.js';

type DeviceCode = NonNullable<Awaited<ReturnType<Provider['DeviceCode']['findByUserCode']>>>;
type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

const problems: Readonly<Record<string, string>> = {
	NoCodeError: 'Type the code that your terminal shows.',
	NotFoundError: 'There is no such code. Compare it with your terminal.',
	ExpiredError: 'This code has expired. Your terminal can make a new one.',
	AlreadyUsedError: 'This code was used already. Your terminal can make a new one.',
};

/** What RFC 8628 §3.3 has a person do in the browser, with pages of our own. */
export const deviceFlow: DeviceFlow = {
	enabled: true,
	charset: 'base-20',
	mask: '****-****',
	deviceInfo: ctx => ({address: ctx.ip, requestedAt: Date.now()}),
	userCodeInputSource: (ctx, form, _out, error) => {
		ctx.type = 'html';
		if (error?.name === 'AbortedError') {
			ctx.body = deviceEndPage('declined');
			return;
		}
		ctx.body = deviceCodePage({
			xsrf: xsrfOf(form),
			userCode: error && 'userCode' in error ? String(error.userCode) : undefined,
			problem: error && (problems[error.name] ?? 'That did not work. Start again from your terminal.'),
		});
	},
	userCodeConfirmSource: (ctx, form, client, _deviceInfo, userCode) => {
		ctx.type = 'html';
		const deviceCode = ctx.oidc.entities.DeviceCode;
		ctx.body = deviceConfirmationPage({
			xsrf: xsrfOf(form),
			userCode,
			request: requestOf(client.clientName ?? client.clientId, deviceCode),
		});
	},
	successSource: ctx => {
		ctx.type = 'html';
		ctx.body = deviceEndPage('approved', ctx.oidc.client?.clientName);
	},
};

/**
 * The address with the code filled in leads straight to the confirmation (RFC 8628 §3.3.1); by itself, oidc-provider
 * would send a page whose script submits the code.
 */
export const showFilledInCode =
	(provider: Provider): Parameters<Provider['use']>[0] =>
	async (ctx, next) => {
		await next();
		const {oidc} = ctx as Partial<KoaContextWithOIDC>;
		const userCode = ctx.query['user_code'];
		if (ctx.method !== 'GET' || oidc?.route !== 'code_verification' || typeof userCode !== 'string') return;
		const deviceCode = await provider.DeviceCode.findByUserCode(userCode.toUpperCase().replaceAll(/\W/g, ''));
		const xsrf = String(oidc.session?.state?.['secret']);
		const client = deviceCode?.clientId === undefined ? undefined : await provider.Client.find(deviceCode.clientId);
		// A code that is not to be confirmed any more gets its problem named when the form comes back.
		if (client === undefined || deviceCode === undefined) {
			ctx.body = deviceCodePage({xsrf, userCode});
			return;
		}
		ctx.body = deviceConfirmationPage({
			xsrf,
			userCode: displayUserCode(deviceCode.userCode),
			request: requestOf(client.clientName ?? client.clientId, deviceCode),
		});
	};

/** What the device said when it asked. */
export const requestOf = (application: string, deviceCode: DeviceCode | undefined): AuthorizationFacts => ({
	application,
	scope: textOf(deviceCode?.params?.['scope']),
	userCode: deviceCode && displayUserCode(deviceCode.userCode),
	requestedAt: Number(deviceCode?.deviceInfo?.['requestedAt']),
	address: textOf(deviceCode?.deviceInfo?.['address']),
});

/** A request's parameter, which may be anything, as text. */
export const textOf = (parameter: unknown, otherwise = '') => (typeof parameter === 'string' ? parameter : otherwise);

const displayUserCode = (userCode: string) => `${userCode.slice(0, 4)}-${userCode.slice(4)}`;

const xsrfOf = (form: string) => /name="xsrf" value="([^"]*)"/.exec(form)?.[1] ?? '';
