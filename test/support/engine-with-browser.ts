import type {LoginOptions, LoginRun} from '../../source/login/flow.js';
import type {BrowserOpener} from '../../source/login/terminal.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';

/** An engine whose logins open a browser of the test's own. */
export class EngineWithBrowser extends TokenEngine {
	readonly #openBrowser: BrowserOpener;

	constructor({openBrowser, ...options}: TokenEngineOptions & {readonly openBrowser: BrowserOpener}) {
		super(options);
		this.#openBrowser = openBrowser;
	}

	override login(options: LoginOptions = {}): LoginRun {
		return super.login({terminal: {openBrowser: this.#openBrowser}, ...options});
	}
}
