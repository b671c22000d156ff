import assert from 'node:assert/strict';
import test from 'node:test';
import {consentHeader, gridOf, header} from '../../source/layout/header.js';
import {displayOf} from '../../source/layout/theme.js';
import {initialLoginState, reduceLogin} from '../../source/login/state.js';
import {samples} from '../text/sample-events.js';

test('where the title is the host, the host is there once', () => {
	const display = displayOf({environment: {unicode: true, color: true, hyperlinks: false, remote: false}});
	const asking = consentHeader(
		initialLoginState,
		{application: 'mcp.acme.dev', issuer: 'https://mcp.acme.dev'},
		display,
	);
	const [, title] = header(asking, gridOf(80), display);
	assert.equal(
		title?.lines
			.flat()
			.map(({text}) => text)
			.join('')
			.trim(),
		'Sign in to mcp.acme.dev',
	);
});

test('the header of a login that a server asked for says why, on every screen', () => {
	const display = displayOf({environment: {unicode: true, color: true, hyperlinks: false, remote: false}});
	const state = [samples.discovery, samples['step-up']].reduce(reduceLogin, initialLoginState);
	const blocks = header(consentHeader(state, {}, display), gridOf(80), display);
	const text = blocks.flatMap(({lines}) => lines.map(line => line.map(span => span.text).join(''))).join('\n');
	assert.match(text, /api\.acme\.dev needs more permissions: mail\.send\./);
});
