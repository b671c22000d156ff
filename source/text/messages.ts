import {displayText, listed, nameOf, person, twoPeople} from '../core/safe-text.js';
import type {LoginErrorCode} from '../core/errors.js';
import type {Identity, StoreKind} from '../core/types.js';
import {translatorOf, type Sentences} from './sentences.js';

/** What well-known scopes let an application see; an empty text is not worth a word. */
const seen: Readonly<Record<string, string>> = {
	openid: '',
	profile: 'profile',
	email: 'email',
	address: 'postal address',
	phone: 'phone number',
};

/** What a space-separated scope lets an app do, in words where they are known; empty where there is nothing to say. */
export const permissionsOf = (scope: string): string => {
	const asked = scope.split(' ').filter(Boolean);
	const sees = listed(asked.map(name => seen[name] ?? '').filter(Boolean));
	const uses = asked.filter(name => seen[name] === undefined && name !== 'offline_access');
	const does = [
		...(sees === '' ? [] : [`see your ${sees}`]),
		...(uses.length === 0 ? [] : [`use ${listed(uses.map(name => displayText(name, 30)))}`]),
		...(asked.includes('offline_access') ? ['keep you signed in'] : []),
	];
	return does.length < 2 ? does.join('') : `${does.slice(0, -1).join(', ')}, and ${does.at(-1) ?? ''}`;
};

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Two people as briefly as tells them apart. */
const apart = (one: Identity | undefined, other: Identity | undefined): readonly [string, string] =>
	one?.email !== undefined && other?.email !== undefined && one.email.toLowerCase() !== other.email.toLowerCase()
		? [one.email, other.email]
		: twoPeople(one, other);

/**
 * Every word that the screens and the plain lines say. Pass another object to translate them; where values go in, a
 * member is a function.
 */
export const messages = {
	/** Who asks, as every screen begins. */
	signInTo: (application: string | undefined) => (application === undefined ? 'Sign in' : `Sign in to ${application}`),
	/** What the application will be able to do, from a space-separated scope; empty where there is nothing to say. */
	willDo: (scope: string) => (permissionsOf(scope) === '' ? '' : `It will ${permissionsOf(scope)}`),
	person,

	picker: {
		/** By where the person's browser is. */
		browser: {
			here: "In this computer's browser",
			forwarded: 'In your browser',
			elsewhere: "In your own computer's browser",
		},
		browserDetail: {here: 'nothing to type', forwarded: 'nothing to type', elsewhere: 'open a link, paste one back'},
		commandFirst: 'run one ssh command first',
		device: 'On another device',
		deviceDetail: 'QR code or short code',
		deviceDetailWithoutQrCode: 'a short code to type',
		stay: (identity: Identity) => `Stay signed in as ${identity.email ?? person(identity)}`,
		/** Beside a flow that is running already. */
		running: 'already waiting',
	},

	code: {
		open: 'Open',
		type: 'Type',
		approve: 'Approve',
		onlyIfYours: 'only if you started this',
		neverType: 'Never type a code someone sent you',
		orScan: 'or scan the QR code',
		showsQrCode: 's shows the QR code',
		thisComputerOnly: 'on this computer only',
		/** Hosts of the link and of the issuer. */
		foreignHost: (host: string, issuer: string) => `${host} isn't ${issuer}. Continue only if you trust it`,
		former: (code: string) => `${code} no longer works`,
		/** The first word is the key. */
		refusedThere: 'Blocked there? b uses your browser',
		fastClock: "This computer's clock may be fast",
		opening: 'Getting a code',
		waiting: 'Waiting for approval',
		expired: 'The code expired before it was approved',
		checked: (checks: number, interval: number) =>
			checks === 0 ? `Checking every ${interval} s` : `Checked ${plural(checks, 'time', 'times')}, every ${interval} s`,
		tryingAgain: (reason: string, seconds: number) => `${reason}, trying again in ${seconds} s`,
		slept: 'This computer was asleep, checking now',
	},

	browser: {
		continueThere: 'Continue in your browser',
		openHere: 'Open this link on this computer',
		openAnywhere: 'Open this link in your browser',
		onYourComputer: 'On your own computer',
		run: 'Run',
		open: 'Open',
		opening: 'Preparing the link',
		openingBrowser: 'Opening it now',
		waiting: 'Waiting for you there',
		continues: 'This continues by itself',
		exchanging: 'Signing you in',
		expired: 'The link expired before you signed in',
		notOpened: "Didn't open?",
		errorPage: 'Error page?',
		pasteItsLink: 'Paste its link here',
		/** The sign-in ends on a page of the provider's, which shows a code or has it in its link. */
		atTheEnd: 'Signed in?',
		pasteCodeOrLink: "Paste the code or the page's link here",
		stuckThere: 'Stuck there? d uses another device',
		forwardedAt: 'Forwarded port?',
		ignored: "Ignored a response that wasn't for this sign-in",
	},

	/** The flow that is open besides the one on the screen. */
	also: {
		browser: 'Also in your browser',
		code: 'Also with code',
		device: 'Also on another device',
		toShow: (key: string) => `${key} to show`,
	},

	machine: {
		working: 'Signing in',
	},

	/** Credentials that are typed here. */
	credentials: {
		username: 'User name',
		password: 'Password',
		recipient: 'Your email, or phone number with +',
		recipientBriefly: 'Email or +phone',
		code: 'Code',
		codeSentTo: (to: string) => `The code sent to ${to}`,
		newCodeSentTo: (to: string) => `The new code sent to ${to}`,
		/** What is typed is in the hands of this program, and not of the server's page (RFC 8252 §8.12). */
		seen: 'This app sees what you type',
		seenBriefly: 'The app sees it',
		browserIsSafer: 'Your browser is safer',
		sending: 'Sending a code',
		/** Where there is no room for what went wrong. */
		tryAgain: 'Try again',
	},

	/** A flow was chosen and nothing of it is there yet. */
	connecting: (host: string) => `Contacting ${host}`,
	waitingElsewhere: 'Another terminal is signing in, waiting for it',
	minutesLeft: (minutes: number) => `${minutes} min left`,
	left: (clock: string) => `${clock} left`,

	copy: {
		/** What a copy is called; the first word of a sentence. */
		code: 'Code',
		link: 'Link',
		command: 'Command',
		copied: (what: string) => `${what} copied`,
		/** The terminal does not say whether it took it. */
		sent: (what: string) => `${what} sent to your terminal's clipboard`,
		codeAndLink: 'Code copied, link opened',
		unavailable: (detail: string | undefined) => detail ?? "There's no clipboard here",
	},
	/** "Always this flow here". */
	preference: {
		saved: {
			browser: 'From now on this profile starts in the browser',
			device: 'From now on this profile starts with a code',
		},
		forgotten: "From now on you'll be asked each time",
		notSaved: (reason: string) => `That couldn't be saved. ${reason}`,
	},
	pasteUseless: "That isn't the link of the page you ended up on",
	/** What the QR code needs, and what the window has. */
	tooSmallForQrCode: (columns: number, rows: number, hasColumns: number, hasRows: number) =>
		`The QR code needs ${columns}x${rows}, this window is ${hasColumns}x${hasRows}`,

	/** What the keys do. */
	keys: {
		select: 'select',
		continue: 'continue',
		choose: 'choose',
		cancel: 'cancel',
		copyAndOpen: 'copy code and open link',
		copyAndOpenBriefly: 'copy & open',
		openAgain: 'open again',
		copyCode: 'copy code',
		copyLink: 'copy link',
		copyCommand: 'copy command',
		showQrCode: 'show QR code',
		hideQrCode: 'hide QR code',
		showCode: 'show code',
		hideCode: 'hide code',
		device: 'another device',
		browser: {here: "this computer's browser", forwarded: 'your browser', elsewhere: "your own computer's browser"},
		newCode: 'new code',
		writeLink: 'print the whole link',
		always: {browser: 'always use the browser', device: 'always use a code'},
		askEachTime: 'ask each time',
		again: 'try again',
		next: 'continue',
		nextBriefly: 'next',
		sendCode: 'send code',
		sendCodeBriefly: 'send',
		signIn: 'sign in',
		browserBriefly: 'browser',
		signInHere: 'sign in here instead',
		signInHereBriefly: 'sign in here',
		allKeys: 'all keys',
		allKeysBriefly: 'keys',
		back: 'back',
	},

	/** Before the first login at a resource whose server is on another host. */
	resource: {
		chooseServer: (host: string) => `Where do you sign in to ${host}?`,
		sendsYou: (host: string, server: string) => `${host} has you sign in at ${server}`,
		callsItself: 'Calls itself',
		asksFor: 'Asks for',
		/** Where it names no scope. */
		serverChooses: 'what the server gives by default',
		signsInAs: 'App',
		clients: {
			given: 'the client ID you gave',
			stored: 'the one registered there before',
			'metadata-document': 'the one described at its own URL',
			registered: 'registers itself there',
		},
		unknownClient: 'needs a client ID',
		registered: (server: string) => `Registered this app with ${server}`,
		onlyIf: (host: string) => `Continue only if you trust ${host} with that access`,
	},

	/** Before someone else's session is replaced. */
	prompt: {
		belongsTo: (stored: Identity | undefined, next: Identity | undefined) =>
			stored === undefined
				? 'This profile has an unnamed session'
				: `This profile belongs to ${apart(stored, next)[0]}`,
		keep: (stored: Identity | undefined, next: Identity | undefined) => `Keep ${apart(stored, next)[0]}`,
		replace: (stored: Identity | undefined, next: Identity | undefined) =>
			`Replace it with ${next === undefined ? 'this sign-in' : apart(stored, next)[1]}`,
		signsOut: (stored: Identity | undefined) =>
			`signs ${stored?.name?.split(' ')[0] ?? 'that account'} out on this computer`,
	},

	end: {
		/** A headline, and what else tells who it is. */
		signedIn(application: string | undefined, identity: Identity | undefined): readonly string[] {
			const done = `Signed in${application === undefined ? '' : ` to ${application}`}`;
			if (identity === undefined) return [done];
			const {name, email} = identity;
			if (name === undefined || email === undefined || name === email) return [`${done} as ${person(identity)}`];
			return [`${done} as ${nameOf(identity)}`, `${email}${identity.emailVerified === false ? ' (not verified)' : ''}`];
		},
		/** Where it is saved; empty for the system keyring, which is where one expects it. */
		saved(store: StoreKind, profile: string, savedIn?: string): string {
			if (store === 'memory') return profile === 'demo' ? 'Not saved (demo)' : 'Not saved';
			const place = store === 'file' ? 'a private file' : savedIn;
			if (place === undefined) return '';
			return `Saved in ${place}${profile === 'default' ? '' : ` as "${profile}"`}`;
		},
		until: (time: string) => `Lasts until ${time}, then sign in again`,
		next: 'Next',
		notYou: 'Not you?',
		stayed: (identity: Identity | undefined) =>
			identity === undefined ? 'Still signed in' : `Still signed in as ${person(identity)}`,
	},

	/** A failure's headline: `said` is the engine's own sentence, in English. */
	failure: (_code: LoginErrorCode, said: string) => said,
	/** What to do about it. */
	advice: (_code: LoginErrorCode, said: string) => said,
	/** Any other sentence of the engine's, in English: why a flow is recommended or not possible, why no browser opened. */
	sentence: (said: string) => said,

	/**
	 * For lines that are only ever added to, with the verbs of the screens. Read aloud, a line gets its full stop, and a
	 * comma in place of `·`.
	 */
	plain: {
		open: 'Open',
		check: 'Check',
		isShown: 'is shown there',
		type: 'Type',
		approve: 'Approve',
		ifYouStartedThis: 'only if you started this',
		run: 'Run',
		/** What an agent tells the person, and runs next. */
		tell: 'Tell',
		next: 'Next',
		openingBrowser: 'Opening your browser. If nothing opens:',
		onThisComputer: 'On this computer:',
		onYourComputer: 'On your own computer:',
		errorPage: 'Error page? Paste its link here',
		/** The redirect leads to a page of the provider's. */
		lastPage: "At the end, paste the last page's link here",
		forApproval: 'Waiting for approval',
		forBrowser: 'Waiting for your browser',
		minutesLeft: (minutes: number) => `${plural(minutes, 'minute', 'minutes')} left`,
		newCode: (former: string) => `${former} expired, here's a new code`,
		foreignHost: (host: string, issuer: string) => `${host} isn't ${issuer}, open it only if you trust it`,
		blockedCodes: 'Some organizations block codes. If yours does, only the page in your browser says so',
		slowedDown: (seconds: number) => `The server asked for fewer checks, now every ${seconds} s`,
		fastClock: "This computer's clock may be fast, which is common in virtual machines",
		slept: 'This computer was asleep, checking now',
		nothingCameBack: (redirectUri: string) =>
			`Nothing has come back yet. If your browser shows an error, the provider may not know the redirect URI ${redirectUri}`,
		otherSignIn: 'Ignored a response to another sign-in',
		otherTerminal: 'Waiting for another terminal to sign in to this profile',
		backFromBrowser: 'Back from your browser, signing you in',
		typedHere: {
			password: 'Warning: this program sees your password. If you can, sign in with your browser instead',
			'one-time-code': 'Warning: this program sees your code. If you can, sign in with your browser instead',
		},
		asks: {
			username: 'Type your user name',
			password: "Type your password, it isn't shown",
			recipient: 'Type your email address, or your phone number starting with +',
			code: "Type the code, it isn't shown",
		},
		codeSent: (to: string) => `A code was sent to ${to}`,
	},
	spoken: {
		/** The code whole and letter by letter. */
		enterCode: (code: string) =>
			`Type the code ${code}. Spelled: ${Array.from(code, character => spelled[character] ?? character).join(', ')}.`,
		open: (address: string) => `Open ${address}`,
		/** A link that is too long to be read out. */
		linkCopied: "The link was copied. Paste it into your browser's address bar.",
		expiresAt: (time: string) => `The code works until ${time}.`,
		option: (position: number, label: string, detail: string) =>
			`${position}: ${label}${detail === '' ? '' : `, ${detail}`}`,
		selected: 'selected',
		choose: 'arrow keys move, or a number chooses',
		keys: (keys: readonly string[]) => `Keys: ${keys.join('; ')}.`,
	},
};

const spelled: Readonly<Record<string, string>> = {'-': 'dash', ' ': 'space', '.': 'dot', _: 'underscore'};

/** Every word: the type of {@link messages}. */
export type Messages = typeof messages;

type Some<Words> = {
	readonly [Name in keyof Words]?: Words[Name] extends string | ((...values: never) => unknown)
		? Words[Name]
		: Some<Words[Name]>;
};

/** Some of the words, as in `{code: {waiting: 'Warte auf Bestätigung'}}`: the others stay English. */
export type SomeMessages = Some<Messages> & {
	/** The engine's own sentences, in your words; `failure`, `advice` and `sentence`, where you give them, come first. */
	readonly sentences?: Sentences;
};

type Words = Readonly<Record<string, unknown>>;

const isWords = (value: unknown): value is Words => typeof value === 'object';

const over = <Whole extends Words>(whole: Whole, some: Words): Whole => {
	const merged: Words = Object.fromEntries(
		Object.entries(whole).map(([name, word]) => {
			const own = some[name] ?? word;
			return [name, isWords(word) && isWords(own) ? over(word, own) : own];
		}),
	);
	return merged as Whole;
};

/** The given words over the English ones. */
export const wordsOver = ({sentences, ...some}: SomeMessages = {}): Messages => {
	if (sentences === undefined) return over(messages, some);
	const sentence = translatorOf(sentences);
	const said = (_code: LoginErrorCode, text: string) => sentence(text);
	return over({...messages, sentence, failure: said, advice: said}, some);
};
