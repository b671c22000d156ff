import {displayText, person} from '../core/safe-text.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import {isLive} from '../session/session-state.js';
import {claimFolder, removeIfThere, replaceFile} from '../session/store/atomic-file.js';
import {checkFolder, toStoreError} from '../session/store/file-system.js';
import type {Check} from './check.js';

/** Writes as a login would, into a file of its own. */
const folder: Check['run'] = ({store}, {tell}) => {
	const basis = store.basis?.();
	if (basis === undefined) return;
	const {directory, fileSystem} = basis;
	try {
		// Before anything is made: it says more than the system does.
		checkFolder(fileSystem, directory);
		claimFolder(fileSystem, directory);
		const file = `${directory}/diagnosis`;
		// No session is larger by far.
		replaceFile(fileSystem, file, Buffer.alloc(65_536));
		removeIfThere(fileSystem, file);
	} catch (error) {
		throw toStoreError(error, directory);
	}

	tell('ok', `Sessions can be saved in ${displayText(directory, 500)}.`);
};

const keyring: Check['run'] = async ({store}, {tell, fail}) => {
	const load = store.basis?.().keyring;
	if (load === undefined) return;
	try {
		const systemKeyring = await load();
		// To read tells best why it doesn't work, to write that it does.
		await systemKeyring.get();
		await systemKeyring.probe();
		tell('ok', 'The system keyring works.');
	} catch (error) {
		// A file does as well, except for what is in the keyring.
		fail(error, store.kind === 'keyring' ? 'problem' : 'warning');
	}
};

const session: Check['run'] = async ({store, profile, clock, options}, {tell}) => {
	const {provider, signInHint = 'Sign in again.'} = options;
	const stored = await store.read(profile);
	for (const notice of store.notices) tell('warning', notice, signInHint);
	const name = displayText(profile, 60);
	if (stored === undefined) {
		tell(
			'warning',
			provider === undefined
				? `No server is saved for "${name}", so only this computer was checked.`
				: `Nobody is signed in to "${name}".`,
			signInHint,
		);
		return;
	}

	const difference = provider && differenceOf(stored, provider);
	if (difference !== undefined) tell('problem', anotherSession(profile, difference), signInHint);
	else if (!isLive(stored, clock.now())) tell('problem', `The session of "${name}" has ended.`, signInHint);
	else {
		const {identity} = stored.tokens;
		tell('ok', `Signed in${identity === undefined ? '' : ` as ${person(identity)}`} (profile "${name}").`);
	}
};

/** What sessions are saved in, and what became of the last one. */
export const storeChecks: readonly Check[] = [
	{name: 'folder', run: folder},
	{name: 'keyring', waitsFor: 'keyring', run: keyring},
	{name: 'session', waitsFor: 'keyring', run: session},
];
