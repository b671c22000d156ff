import assert from 'node:assert/strict';
import {test} from 'node:test';
import {forwardedAddress, forwardLine} from '../../source/terminal/environment.js';
import {environmentOf, sshEnvironment} from '../support/environment.js';

const overSsh = (connection: string, rest = {}) =>
	environmentOf({env: {...sshEnvironment, SSH_CONNECTION: connection}, ...rest});

test('demand 17: over SSH there is the exact line to type on the other computer', () => {
	assert.equal(
		forwardLine(environmentOf({env: sshEnvironment}), 53114),
		'ssh -N -L 53114:127.0.0.1:53114 alice@203.0.113.9',
	);
	assert.equal(
		forwardLine(overSsh('::1 50000 2001:db8::5 2222'), 8400),
		'ssh -N -L 8400:127.0.0.1:8400 -p 2222 alice@2001:db8::5',
	);
});

test('without SSH_CONNECTION the line names the host, and without SSH there is no line', () => {
	const sudo = environmentOf({env: {}, ancestors: ['sudo', 'sshd']});
	assert.equal(forwardLine(sudo, 1), 'ssh -N -L 1:127.0.0.1:1 alice@workstation');
	assert.equal(forwardLine(environmentOf(), 1), undefined);
});

test('demands 17, 18: where SSH alone does not lead there is the platform’s own line, or none', () => {
	const at = (env: Record<string, string>) => forwardLine(environmentOf({env: {...sshEnvironment, ...env}}), 8400);
	const codespace = {CODESPACES: 'true', CODESPACE_NAME: 'fluffy-1'};
	assert.equal(at(codespace), 'gh codespace ports forward 8400:8400 --codespace fluffy-1');
	assert.equal(at({...codespace, CODESPACE_NAME: 'a;calc'}), undefined);
	assert.equal(at({CLOUD_SHELL: 'true'}), 'gcloud cloud-shell ssh -- -N -L 8400:127.0.0.1:8400');
	assert.equal(at({AWS_EXECUTION_ENV: 'CloudShell'}), undefined);
	assert.equal(at({GITPOD_WORKSPACE_ID: 'x1'}), undefined);
	// VS Code forwards by itself.
	assert.equal(at({VSCODE_IPC_HOOK_CLI: '/run/vscode.sock'}), undefined);
});

test('nothing that a shell would take apart gets into the line', () => {
	const line = forwardLine(overSsh('a b $(calc) 22;calc', {user: 'al ice; rm', hostname: '-oProxyCommand=calc'}), 1);
	assert.equal(line, 'ssh -N -L 1:127.0.0.1:1 USER@HOST');
});

test('demand 18: where a platform forwards ports, the address there is known', () => {
	const at = (env: Record<string, string>) => forwardedAddress(environmentOf({env}), 8400);
	assert.equal(
		at({CODESPACE_NAME: 'fluffy-1', GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN: 'app.github.dev'}),
		'https://fluffy-1-8400.app.github.dev/',
	);
	assert.equal(
		at({GITPOD_WORKSPACE_URL: 'https://acme-app-x1.ws-eu1.gitpod.io'}),
		'https://8400-acme-app-x1.ws-eu1.gitpod.io/',
	);
	assert.equal(
		at({WEB_HOST: 'cs-1-default.cs-europe.cloudshell.dev'}),
		'https://8400-cs-1-default.cs-europe.cloudshell.dev/',
	);
	assert.equal(at({}), undefined);
	assert.equal(at({GITPOD_WORKSPACE_URL: 'file:///etc/passwd'}), undefined);
});
