import {Box, render, Text, useApp, useInput, useStdout, type Key} from 'ink';
import {useCallback, useLayoutEffect, useRef, useState, useSyncExternalStore, type ReactNode} from 'react';
import {createMemoryStore, LoginGate, oidc, TokenEngine, useAuth} from '../index.js';
import {startDemo} from '../demo/server.js';

/*
 * An app like yours: it has panes and keys of its own, and shows the login in one of the panes. Run it with
 * `npm run demo:embedded`; it starts the demo's server.
 */

const rooms = ['Kitchen', 'Workshop', 'Garden', 'Attic'];

/**
 * Ink keeps calling the handler of an earlier frame until React's effects have run, which is after the new frame shows.
 * This handler stays the same and calls the newest, so that no key is judged by what is no longer on the screen.
 */
const useKeys = (onKey: (input: string, key: Key) => void): void => {
	const latest = useRef(onKey);
	useLayoutEffect(() => {
		latest.current = onKey;
	});
	useInput(useCallback((input, key) => latest.current(input, key), []));
};

/** Ink redraws when the window changes its size, and renders no component for that. */
const useRows = (): number => {
	const {stdout} = useStdout();
	const subscribe = useCallback(
		(listener: () => void) => {
			stdout.on('resize', listener);
			return () => stdout.off('resize', listener);
		},
		[stdout],
	);
	return useSyncExternalStore(subscribe, () => stdout.rows);
};

type PaneProps = {
	readonly title: string;
	readonly isFocused: boolean;
	readonly width?: number;
	readonly children: ReactNode;
};

function Pane({title, isFocused, width, children}: PaneProps): ReactNode {
	return (
		<Box
			flexDirection="column"
			borderStyle="round"
			{...(isFocused && {borderColor: 'cyan'})}
			{...(width === undefined ? {flexGrow: 1, flexShrink: 1, minWidth: 0} : {width, flexShrink: 0})}
		>
			<Text bold> {title}</Text>
			<Text> </Text>
			{children}
		</Box>
	);
}

type AccountProps = {readonly engine: TokenEngine; readonly room: string; readonly isFocused: boolean};

function Account({engine, room, isFocused}: AccountProps): ReactNode {
	const {exit} = useApp();
	const {identity, logout} = useAuth(engine);
	const [isUnlocked, setUnlocked] = useState(false);
	/** A door needs more than a session that can look: the gate asks for it, right here. */
	const unlock = async () => {
		await engine.ensure({scope: 'openid email doors'});
		setUnlocked(true);
	};
	useKeys(input => {
		if (isFocused && input === 'o') logout().catch(exit);
		// Someone who leaves the login leaves the door as it is.
		if (isFocused && input === 'u') unlock().catch(() => undefined);
	});
	return (
		<Box flexDirection="column" paddingLeft={1}>
			<Text>
				{identity?.name} looks after the <Text bold>{room.toLowerCase()}</Text>.
			</Text>
			<Text> </Text>
			<Text>The door is {isUnlocked ? 'open' : 'locked'}.</Text>
			<Text> </Text>
			<Text>u unlock · o sign out</Text>
		</Box>
	);
}

function App({engine}: {readonly engine: TokenEngine}): ReactNode {
	const {exit} = useApp();
	const rows = useRows();
	const [chosen, setChosen] = useState(0);
	const [pane, setPane] = useState<'rooms' | 'account'>('account');
	useKeys((input, key) => {
		if (key.tab) setPane(focused => (focused === 'rooms' ? 'account' : 'rooms'));
		// In the other pane the keys are the login's.
		else if (pane === 'rooms' && input === 'q') exit();
		else if (pane === 'rooms' && key.downArrow) setChosen(index => (index + 1) % rooms.length);
		else if (pane === 'rooms' && key.upArrow) setChosen(index => (index + rooms.length - 1) % rooms.length);
	});
	return (
		<Box flexDirection="column">
			<Box>
				<Pane title="House" isFocused={pane === 'rooms'} width={18}>
					{rooms.map((room, index) => (
						<Text key={room} bold={index === chosen}>
							{index === chosen ? ' > ' : '   '}
							{room}
						</Text>
					))}
				</Pane>
				<Pane title="Account" isFocused={pane === 'account'}>
					{/* The rows: the pane's frame and title, the line below, and one that stays free. */}
					<LoginGate engine={engine} isActive={pane === 'account'} maxRows={rows - 6}>
						<Account engine={engine} room={rooms[chosen] ?? ''} isFocused={pane === 'account'} />
					</LoginGate>
				</Pane>
			</Box>
			<Text> tab other pane{pane === 'rooms' ? ' · ↑↓ room · q quit' : ''}</Text>
		</Box>
	);
}

const server = await startDemo();
const engine = new TokenEngine({
	provider: oidc({issuer: server.issuer, clientId: server.provider.clientId, application: 'House'}),
	store: createMemoryStore(),
});
// A terminal that gets narrower wraps the rows of the last frame, and Ink erases as many as there were before: pieces of
// borders stay. An app that fills its window clears it first; this listener is there before Ink's.
process.stdout.on('resize', () => process.stdout.write('\u001B[2J\u001B[H'));
await render(<App engine={engine} />).waitUntilExit();
await server.close();
