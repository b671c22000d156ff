import {toLoginError} from '../core/errors.js';
import {serverTimeout, withTimeLimit} from '../oauth/hardened-fetch.js';
import {keyringTimeout} from '../session/store/keyring/keyring.js';
import {detectEnvironment} from '../terminal/environment.js';
import type {Check, Report, Subject} from './check.js';
import type {DiagnosedEngine, DiagnoseOptions, Finding} from './diagnose.js';
import {machineChecks} from './machine-checks.js';
import {serverChecks} from './server-checks.js';

/** Milliseconds that a check may take. */
const patience = 10_000;

const reasons = {server: () => serverTimeout(patience), keyring: () => keyringTimeout(patience)};

/** Runs one check within its time. */
const runCheck = async (
	{name, waitsFor = 'server', run}: Check,
	subject: Subject,
	signal: AbortSignal,
): Promise<readonly Finding[]> => {
	const findings: Finding[] = [];
	const tell: Report['tell'] = (status, message, remedy, check = name) =>
		findings.push({check, status, message, ...(remedy !== undefined && {remedy})});
	const fail: Report['fail'] = (error, status = 'problem', check = name) => {
		const {message, hint} = toLoginError(error).withHints(subject.options.hints ?? {});
		tell(status, message, hint, check);
	};
	try {
		const limit = {clock: subject.clock, signal, limit: patience, reason: reasons[waitsFor]};
		await withTimeLimit(limit, async limited => run(subject, {tell, fail}, limited));
	} catch (error) {
		fail(error);
	}

	// What comes later than that is not waited for.
	return [...findings];
};

const severity = ['problem', 'warning', 'ok'];
const rankOf = ({status}: Finding): number => severity.indexOf(status);

/** Runs all checks side by side; the worst findings come first, otherwise the checks keep their order. */
export const runChecks = async (
	{store, profile, clock, options}: DiagnosedEngine,
	{signal = new AbortController().signal, environment = detectEnvironment()}: DiagnoseOptions,
	storeChecks: readonly Check[],
): Promise<readonly Finding[]> => {
	const subject = {store, profile, clock, options, environment};
	const checks = [...machineChecks, ...serverChecks, ...storeChecks];
	const found = await Promise.all(checks.map(async check => runCheck(check, subject, signal)));
	signal.throwIfAborted();
	// A folder that cannot be used, say, is one finding, although the session cannot be read for the same reason.
	const byMessage = new Map<string, Finding>();
	for (const finding of found.flat().sort((a, b) => rankOf(a) - rankOf(b))) {
		if (!byMessage.has(finding.message)) byMessage.set(finding.message, finding);
	}

	return [...byMessage.values()];
};
