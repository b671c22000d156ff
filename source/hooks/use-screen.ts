import {useIsScreenReaderEnabled} from 'ink';
import {useMemo, useState} from 'react';
import {systemClock, type Clock} from '../core/clock.js';
import {isOpen, type LoginState, type PollingState} from '../login/state.js';
import {useCountdown} from './use-countdown.js';
import {useTerminalSize} from './use-terminal-size.js';
import type {Size} from '../layout/fit.js';
import {displayOf, type Display} from '../layout/theme.js';
import type {ScreenProps} from './screen-props.js';
import {pulseOf} from '../layout/time-left.js';
import type {Pulse} from '../layout/flow-status.js';

export type Screen = {
	readonly display: Display;
	readonly size: Size;
};

/** The look and the room of a screen, from its props and else from the terminal. */
export const useScreen = ({
	columns,
	maxRows,
	theme,
	messages,
	environment,
	terminal,
}: Pick<ScreenProps, 'columns' | 'maxRows' | 'theme' | 'messages' | 'environment' | 'terminal'>): Screen => {
	const window = useTerminalSize();
	const display = useMemo(
		() => displayOf({theme, messages, environment, terminal}),
		[theme, messages, environment, terminal],
	);
	return {
		display,
		size: {
			columns: columns ?? window.columns,
			// As tall as the window, and older versions of Ink wipe what was above.
			rows: Math.max(1, Math.min(maxRows ?? Number.POSITIVE_INFINITY, window.rows - 1)),
		},
	};
};

type Tick = {readonly left: number; readonly now: number; readonly polling: PollingState | undefined};

/** One more response of the kind that everybody waits through is no reason to redraw before the next second is. */
const isNews = (before: PollingState | undefined, polling: PollingState | undefined): boolean =>
	before !== polling && !(before?.kind === 'waiting' && polling?.kind === 'waiting');

/**
 * The time that the open flows have left and what polling last heard, by one timer so that a second repaints once.
 *
 * @param isStill - nothing is counted: a screen reader would read each repaint.
 */
const usePulse = (
	{flows}: LoginState,
	display: Display,
	{clock = systemClock, isStill}: {readonly clock?: Clock | undefined; readonly isStill: boolean},
): Pulse => {
	const device = isOpen(flows.device) ? flows.device : undefined;
	const deviceEnd = device?.code?.expiresAt;
	const browserEnd = isOpen(flows.browser) ? flows.browser?.address?.expiresAt : undefined;
	const ends = [deviceEnd, browserEnd].filter(end => end !== undefined);
	// One timer, for the later end: two would tick between each other's ticks.
	const counted = ends.length === 0 || isStill ? undefined : Math.max(...ends);
	const left = useCountdown(counted, clock, {every: pulseOf(display)});
	const polling = device?.polling;
	const [tick, setTick] = useState<Tick>(() => ({left, now: clock.now(), polling}));
	const ticksOften = left > 0 && !display.environment.remote;
	const isDue = left !== tick.left || (ticksOften ? isNews(tick.polling, polling) : polling !== tick.polling);
	const current = isDue ? {left, now: clock.now(), polling} : tick;
	if (isDue) setTick(current);
	const leftUntil = (end: number | undefined) => {
		if (isStill) return Number.POSITIVE_INFINITY;
		if (end === undefined || counted === undefined) return 0;
		// What is counted in minutes is rounded up to them, which would be too much for the earlier end.
		const exact = end === counted ? left : Math.min(left - (counted - end), end - current.now);
		return Math.max(0, Math.ceil(exact / 1000) * 1000);
	};
	return {device: leftUntil(deviceEnd), browser: leftUntil(browserEnd), now: current.now, polling: current.polling};
};

/** What a screen is drawn from beside its props. */
export type Moment = Screen & {
	/** Someone listens instead of looking. */
	readonly speaks: boolean;
	readonly pulse: Pulse;
};

/**
 * What a screen with a countdown is drawn from. React calls a component that uses this twice a second, since the pulse is a state
 * that is set while drawing: to lay out, which is the dear part, is for a component below.
 */
export const useMoment = (props: ScreenProps): Moment => {
	const screen = useScreen(props);
	const speaks = useIsScreenReaderEnabled();
	const pulse = usePulse(props.state, screen.display, {clock: props.clock, isStill: speaks});
	return {...screen, speaks, pulse};
};
