import {displayText} from '../core/safe-text.js';
import type {LoginErrorCode} from '../core/errors.js';
import {person, twoPeople} from '../core/person.js';
import type {Identity, StoreKind} from '../core/types.js';

/** What well-known scopes let an app do; an empty text is not worth a word. */
const permissions: Readonly<Record<string, string>> = {
	openid: '',
	profile: 'read your profile',
	email: 'read your email address',
	offline_access: 'stay signed in',
};

/** What a space-separated scope lets an app do, in words where they are known. */
export const permissionsOf = (scope: string): readonly string[] =>
	scope
		.split(' ')
		.map(name => permissions[name] ?? displayText(name, 30))
		.filter(Boolean);

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const storePlaces: Readonly<Record<StoreKind, string>> = {
	keyring: 'Kept in the system keyring',
	file: 'Kept in a file that only you can read',
	memory: 'Kept until this program ends',
};

/** The time of day as a clock on the wall shows it, from epoch milliseconds. */
export const timeOfDay = (epoch: number): string => {
	const date = new Date(epoch);
	return [date.getHours(), date.getMinutes()].map(part => String(part).padStart(2, '0')).join(':');
};

/**
 * Every word that the screens and the plain lines say. Hand in another object to translate them; where values go in, a
 * member is a function.
 */
export const messages = {
	/** Who asks, as every screen begins. */
	signInTo: (application: string | undefined) => (application === undefined ? 'Sign in' : `Sign in to ${application}`),
	signingInTo: (application: string | undefined, host: string) =>
		application === undefined ? `Signing in at ${host}` : `Signing in to ${application} (${host})`,
	/** What is asked for, from a space-separated scope; empty where there is nothing to say. */
	mayDo: (scope: string) => {
		const named = permissionsOf(scope);
		return named.length === 0 ? '' : `may: ${named.join(', ')}`;
	},
	person,

	picker: {
		browser: 'On this computer',
		browserDetail: 'opens your browser; nothing to type',
		device: 'On my phone or elsewhere',
		deviceDetail: 'scan a QR code, or type a short code',
		deviceDetailWithoutQrCode: 'type a short code there',
		stay: (identity: Identity) => `Stay ${identity.email ?? person(identity)}`,
		stayDetail: 'already signed in here',
		/** Beside a flow that is running already. */
		running: 'already waiting',
		/** `reason` is a sentence; the label before it is crossed out where the terminal can do that. */
		unavailable: (reason: string) => reason,
	},

	code: {
		openAnywhere: 'Open on any device:',
		typeThere: 'Type this code there.',
		typeThereOrCompare: 'Type this code there. If you scanned: check it is the same.',
		typeBriefly: 'Type this code there:',
		approve: 'Approve. Decline what you did not start; never enter a code that someone sent you.',
		approveBriefly: 'Approve only if you started this.',
		phoneCannotReach: 'A phone cannot reach this address: it is on this computer only.',
		/** Hosts of the address and of the issuer. */
		foreignHost: (host: string, issuer: string) => `${host} is not ${issuer}: go there only if you know it.`,
		former: (code: string) => `${code} no longer works.`,
		organisations: 'Some organisations refuse codes, and say so only in the browser.',
		fastClock: 'Twice in a row: the clock of this computer may run fast, as in virtual machines.',
		/** As the flow that was added to another. */
		added: 'Or open on any device',
		enter: (code: string) => `and type ${code}`,
		opening: 'Getting a code',
		waiting: 'Waiting for approval',
		expired: 'This code has expired.',
		checking: 'checking now',
		nextCheck: (seconds: number) => `next check in ${seconds} s`,
		everySeconds: (seconds: number) => `one every ${seconds} s`,
		checked: (checks: number, next: string) =>
			`${checks === 0 ? 'Not checked yet' : `Checked ${plural(checks, 'time', 'times')}`}, ${next}`,
		slowedDown: (next: string) => `The server asked us to slow down: ${next}`,
		/** `reason` is a sentence. */
		tryingAgain: (reason: string, seconds: number) =>
			seconds > 0 ? `${reason} Trying again in ${seconds} s.` : `${reason} Trying again.`,
		slept: 'This computer slept: checking now',
		approved: 'Approved on your other device.',
	},

	browser: {
		continueThere: 'Continue in your browser. This window notices when you are done.',
		openThis: 'Open this address in your browser. This window notices when you are done.',
		opening: 'Preparing the address',
		openingBrowser: 'Opening your browser',
		waiting: 'Waiting for your browser',
		exchanging: 'Back from your browser: signing you in',
		expired: 'This address has expired.',
		noWindow: 'No window?',
		thisAddress: 'No browser here?',
		thisComputerOnly: 'works on this computer only',
		fails: 'Ends on a page that fails?',
		pasteIt: "copy that page's address and paste it here",
		/** The sign-in ends on a page of the provider's, which shows a code or has it in its address. */
		comesNotBack: 'Continue in your browser. It will not come back here by itself.',
		showsCode: 'At the end?',
		pasteCode: "paste the code that is shown, or that page's address, here",
		takesLong:
			'Nothing has come back yet. If the browser shows an error: the provider may not know this port, the browser may insist on https, or it runs on another computer.',
		elsewhere: 'Browser on another computer?',
		useCode: 'd use a code instead',
		forward: 'Or type this on that computer, then open the address there:',
		forwardedAt: (address: string) =>
			`Your browser reaches this port at ${address} too: a provider that knows that redirect URI can use it.`,
		/** As the flow that was added to another. */
		added: 'Or in the browser on this computer',
		ignored: 'Ignored a response that was not ours.',
		pasteRejected: (reason: string) => `That could not be used: ${reason}`,
		signedIn: 'Signed in with your browser.',
	},

	machine: {
		working: 'Signing in',
	},

	/** A flow was chosen and nothing of it is there yet. */
	connecting: (host: string) => `Asking ${host}`,
	waitingElsewhere: 'Another window is signing in to this profile. This one waits for it.',
	leftInMinutes: (minutes: number) => `${plural(minutes, 'minute', 'minutes')} left`,
	leftOnClock: (clock: string) => `${clock} left`,
	lessThanTwoMinutes: (clock: string) => `less than two minutes left (${clock})`,

	copy: {
		code: 'Code copied.',
		address: 'Address copied.',
		/** The terminal does not say whether it took it. */
		sent: 'Sent to your terminal to copy.',
		unavailable: (detail: string | undefined) =>
			detail === undefined ? 'Nothing to copy with here.' : `Could not copy: ${detail}`,
	},
	/** "Always this flow here". */
	preference: {
		kept: {
			browser: 'From now on this profile begins with the browser.',
			device: 'From now on this profile begins with a code.',
		},
		forgotten: 'From now on the flow is chosen each time.',
		notSaved: (reason: string) => `That could not be remembered: ${reason}`,
	},
	pasteUseless: 'That is not the address of the page where you ended.',
	/** `columns` and `rows` are what the QR code needs. */
	tooSmallForQrCode: (columns: number, rows: number) => `The QR code needs a ${columns} by ${rows} window.`,

	/** Keys with what they do; the first word is the key. */
	keys: {
		choose: (arrows: string) => `${arrows} or a number`,
		chooseSpoken: 'arrow keys or a number choose',
		continue: 'enter continue',
		openHere: 'enter open here',
		openAgain: 'enter open again',
		openIt: 'enter try to open it',
		copyCode: 'c copy code',
		copyUrl: 'u copy address',
		showQrCode: 's QR code',
		hideQrCode: 's hide QR code',
		showCode: 'h show code',
		hideCode: 'h hide code',
		useCode: 'd use a code',
		addCode: 'd use a code as well',
		useBrowser: "b use this computer's browser",
		addBrowser: "b use this computer's browser as well",
		newCode: 'n new code',
		writeUrl: 'w write the address out',
		always: {browser: 'r always the browser here', device: 'r always a code here'},
		notAlways: 'r ask each time',
		again: 'enter try again',
		more: '? more flows',
		moreBriefly: '? more',
		fewer: '? back to the first keys',
		back: 'esc back',
		leave: 'esc leave',
		yes: 'y yes',
		no: 'n no',
	},

	prompt: {
		switchAccount(stored: Identity | undefined, next: Identity | undefined, difference = '') {
			const [present, replacing] = twoPeople(stored, next);
			const owner = stored === undefined ? `has ${present}` : `belongs to ${present}`;
			return `This profile ${owner}.${difference && ` ${difference}`} Replace it with ${replacing}?`;
		},
		briefly: (stored: Identity | undefined, next: Identity | undefined) =>
			`Replace it with ${twoPeople(stored, next)[1]}?`,
		whatHappens: 'With yes the stored session is forgotten here; with no it stays.',
	},

	end: {
		signedIn: (application: string | undefined, identity: Identity | undefined) =>
			'Signed in' +
			(application === undefined ? '' : ` to ${application}`) +
			(identity === undefined ? '' : ` as ${person(identity)}`),
		staysSignedIn: 'Stays signed in.',
		until: (time: string) => `Until ${time}.`,
		kept: (store: StoreKind, profile: string) =>
			store === 'memory' ? `${storePlaces.memory}.` : `${storePlaces[store]} as "${profile}".`,
		notYou: (command: string) => `Not you?  ${command}`,
		stayed: (identity: Identity | undefined) =>
			identity === undefined ? 'Still signed in.' : `Still signed in as ${person(identity)}.`,
	},

	/** A failure's headline: `said` is the engine's own sentence. */
	failure: (_code: LoginErrorCode, said: string) => said,

	/** For lines that are only ever added to: no screen, or a screen reader. Each is said once. */
	plain: {
		open: 'Open',
		enter: 'Enter',
		or: 'or',
		within: (minutes: number, time: string) => `within ${plural(minutes, 'minute', 'minutes')}, until ${time}`,
		codeFilledIn: '(code filled in: compare it)',
		minutesLeft: (minutes: number) => `${plural(minutes, 'minute', 'minutes')} left`,
		newCode: 'The code has expired. Here is a new one.',
		comeBack: 'This program notices when you are done.',
		onAnotherComputer: 'Browser on another computer? Type this there first:',
	},
	spoken: {
		/** The code whole and letter by letter. */
		enterCode: (code: string) =>
			`Enter code ${code}. Spelled: ${Array.from(code, character => spelled[character] ?? character).join(', ')}.`,
		open: (address: string) => `Open ${address}`,
		expiresAt: (time: string) => `The code works until ${time}.`,
		option: (position: number, label: string, detail: string) => `${position}: ${label}, ${detail}`,
		selected: 'selected',
		keys: (keys: readonly string[]) => `Keys: ${keys.join('; ')}.`,
		done: 'Done.',
		failed: 'Failed.',
	},
};

const spelled: Readonly<Record<string, string>> = {'-': 'dash', ' ': 'space', '.': 'dot', _: 'underscore'};

/** Every word: the type of {@link messages}. */
export type Messages = typeof messages;
