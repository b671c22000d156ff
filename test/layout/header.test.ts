import assert from 'node:assert/strict';
import test from 'node:test';
import {consentHeader} from '../../source/layout/header.js';
import {displayOf} from '../../source/layout/theme.js';
import {initialLoginState, reduceLogin} from '../../source/login/state.js';
import {samples} from '../text/sample-events.js';

test('the header of a login that a server asked for says why, in the place of what may be done', () => {
	const display = displayOf({environment: {unicode: true, color: true, hyperlinks: false, remote: false}});
	const state = [samples.discovery, samples['step-up']].reduce(reduceLogin, initialLoginState);
	assert.equal(consentHeader(state, {}, display).permissions, samples['step-up'].reason);
});
