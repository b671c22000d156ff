import type {TerminalEnvironment} from '../terminal/facts.js';
import {chooseView, type View} from '../terminal/screen.js';
import type {OptionValues} from './options.js';

const wantedView = ({json, plain, flow, 'screen-reader': spoken}: OptionValues): View['kind'] => {
	if (json) return 'ndjson';
	if (spoken) return 'spoken';
	// A login without a person has nothing to draw.
	return plain || flow === 'client-credentials' || flow === 'password' ? 'plain' : 'screen';
};

/** @param stdoutIsData - whether something else than the login goes to stdout; events never go elsewhere. */
export const viewOf = (values: OptionValues, environment: TerminalEnvironment, stdoutIsData: boolean): View =>
	stdoutIsData
		? chooseView({...environment, tty: {...environment.tty, stdout: false}}, wantedView({...values, json: undefined}))
		: chooseView(environment, wantedView(values));
