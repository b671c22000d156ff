import {render, Text, useApp, useInput} from 'ink';
import {useState} from 'react';
import {LoginGate, oidc, TokenEngine, useAuth} from '../../../source/index.js';

/* An app as its docs have it: behind a gate, or with a login that it starts itself. q quits it. */

const {ISSUER = '', CLIENT_ID = 'ink-login-demo', CLIENT_SECRET, GATED} = process.env;
const provider = oidc({
	issuer: ISSUER,
	clientId: CLIENT_ID,
	...(CLIENT_SECRET !== undefined && {clientSecret: async () => CLIENT_SECRET}),
});
const engine = new TokenEngine({app: 'acme', provider, signInHint: 'Run: acme login'});

function Home() {
	return <Text>Hello, {useAuth(engine).identity?.name ?? 'program'}</Text>;
}

function OwnLogin() {
	const {exit} = useApp();
	const {login} = useAuth(engine);
	const [run] = useState(() => login({flow: 'device'}));
	useInput(key => {
		if (key === 'q') exit();
	});
	return <Text>Press q. The login waits for its code: {run.flow}</Text>;
}

render(
	GATED === undefined ? (
		<OwnLogin />
	) : (
		<LoginGate engine={engine}>
			<Home />
		</LoginGate>
	),
);
