import {LoginError} from '../engine/login-error.js';
import type {PrintableToken} from './printable-token.js';

type Environment = Readonly<Record<string, string | undefined>>;

const apiVersions = ['v1', 'v1beta1'].map(version => `client.authentication.k8s.io/${version}`);

/** What kubectl says about its call, in KUBERNETES_EXEC_INFO. */
export type ExecInfo = {
	readonly apiVersion: string;
	/** Whether stdin is free for a person's use. */
	readonly interactive: boolean;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null;

const unreadable = (): LoginError =>
	new LoginError('config_error', 'KUBERNETES_EXEC_INFO does not hold an ExecCredential of version v1 or v1beta1.', {
		hint: `Set apiVersion: ${apiVersions[0] ?? ''} in the exec section of the kubeconfig.`,
	});

/**
 * Reads what kubectl says; without it, as at a shell, the newest version is spoken and a person may be asked.
 *
 * @throws LoginError `config_error`
 */
export const readExecInfo = ({KUBERNETES_EXEC_INFO: text}: Environment): ExecInfo => {
	if (!text) return {apiVersion: apiVersions[0] ?? '', interactive: true};
	let info: unknown;
	try {
		info = JSON.parse(text);
	} catch {
		throw unreadable();
	}

	if (!isRecord(info) || typeof info['apiVersion'] !== 'string' || !apiVersions.includes(info['apiVersion'])) {
		throw unreadable();
	}

	const {apiVersion, spec} = info;
	return {apiVersion, interactive: !isRecord(spec) || spec['interactive'] !== false};
};

/** An ExecCredential for kubectl (client.authentication.k8s.io); it asks again once the time in it has come. */
export const execCredential = ({token, expiresAt}: PrintableToken, env: Environment) => ({
	apiVersion: readExecInfo(env).apiVersion,
	kind: 'ExecCredential',
	status: {
		...(expiresAt !== undefined && {expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z')}),
		token,
	},
});
