import {useIsScreenReaderEnabled} from 'ink';
import {useMemo} from 'react';
import {systemClock, type Clock} from '../core/clock.js';
import {ifOpen, type BrowserState, type DeviceState, type LoginState} from '../login/state.js';
import {useOverdue, useTimeLeft} from './use-countdown.js';
import {useTerminalSize} from './use-size.js';
import type {Size} from '../layout/fit.js';
import {untilNextText, type Moment} from '../layout/status.js';
import {displayOf, type Display} from '../layout/theme.js';
import type {ScreenProps} from './screen-props.js';

export type Screen = {
	readonly display: Display;
	readonly size: Size;
	/** Someone listens instead of looking. */
	readonly speaks: boolean;
};

/** The look and the room of a screen, from its props and otherwise from the terminal. */
export const useScreen = ({
	columns,
	maxRows,
	theme,
	messages,
	environment,
	terminal,
}: Pick<ScreenProps, 'columns' | 'maxRows' | 'theme' | 'messages' | 'environment' | 'terminal'>): Screen => {
	const window = useTerminalSize();
	const speaks = useIsScreenReaderEnabled();
	const display = useMemo(
		() => displayOf({theme, messages, environment, terminal}),
		[theme, messages, environment, terminal],
	);
	return {
		display,
		speaks,
		size: {
			columns: columns ?? window.columns,
			// As tall as the window, and older versions of Ink wipe what was above.
			rows: Math.max(1, Math.min(maxRows ?? Number.POSITIVE_INFINITY, window.rows - 1)),
		},
	};
};

const pollDueAt = ({polling}: DeviceState): number | undefined =>
	polling?.kind === 'backoff' ? polling.retryAt : polling?.nextPollAt;

const isAtWork = (flow: DeviceState | BrowserState): boolean =>
	flow.phase.status === 'opening' || flow.phase.status === 'exchanging' || flow.opener?.status === 'opening';

/**
 * What changes on a screen by itself.
 *
 * @param isStill - nothing is counted: a screen reader would read each repaint
 */
export const useMoment = (
	{flows}: LoginState,
	shown: 'device' | 'browser',
	{clock = systemClock, isStill}: {readonly clock?: Clock | undefined; readonly isStill: boolean},
): Moment => {
	const device = ifOpen(flows.device);
	const browser = ifOpen(flows.browser);
	const deviceLeft = useTimeLeft(isStill ? undefined : device?.code?.expiresAt, clock, untilNextText);
	const browserLeft = useTimeLeft(isStill ? undefined : browser?.address?.expiresAt, clock, untilNextText);
	const flow = shown === 'device' ? device : browser;
	const works = flow !== undefined && isAtWork(flow);
	// eslint-disable-next-line react-hooks/exhaustive-deps -- the moment when that work began
	const workSince = useMemo(() => clock.now(), [clock, works, flow?.phase.status]);
	const polledSince = flow?.flow === 'device' ? pollDueAt(flow) : undefined;
	const isBusy = useOverdue(isStill ? undefined : works ? workSince : polledSince, clock);
	const still = Number.POSITIVE_INFINITY;
	return {deviceLeft: isStill ? still : deviceLeft, browserLeft: isStill ? still : browserLeft, isBusy};
};
