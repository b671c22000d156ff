import type {DisplayProps} from '../layout/theme.js';

/**
 * Props for `<Login>` and `<LoginGate>` in tests: a desktop whose browser opens nothing and whose clipboard takes
 * everything, so that the text of frames is the same on every machine. `flow: 'auto'` is the browser there.
 */
export const testEnvironment = {
	environment: {unicode: true, color: true, hyperlinks: false, remote: false},
	terminal: {
		browser: 'here',
		openBrowser: async () => ({status: 'opened'}),
		clipboard: async () => ({status: 'copied'}),
		recommend: flows => ({flow: flows.browser === true ? 'browser' : 'device', reason: 'A test recommends it.'}),
		forwardLine: () => undefined,
		forwardedAddress: () => undefined,
	},
} as const satisfies DisplayProps;
