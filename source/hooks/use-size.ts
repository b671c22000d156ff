import {measureElement, useStdout, type DOMElement} from 'ink';
import {useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject} from 'react';

type TerminalSize = {readonly columns: number; readonly rows: number};

/** Ink 8 types its streams without a size; a pipe has none and a terminal that does not know says 0. */
const sizeOf = (stream: unknown): TerminalSize => {
	const {columns = 0, rows = 0} = stream as Partial<TerminalSize>;
	return {columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24};
};

/** The size of the terminal that Ink draws to; 80 by 24 where there is none. */
export const useTerminalSize = (): TerminalSize => {
	const stdout: NodeJS.EventEmitter = useStdout().stdout;
	const [size, setSize] = useState(() => sizeOf(stdout));
	useEffect(() => {
		const onResize = () => setSize(sizeOf(stdout));
		// Before Ink, which draws what stands there as soon as it hears of a new size.
		stdout.prependListener('resize', onResize);
		return () => {
			stdout.off('resize', onResize);
		};
	}, [stdout]);
	return size;
};

/** The width of a box, as something may stand beside it; undefined before the first layout. */
export const useOwnWidth = (): {readonly ref: RefObject<DOMElement | null>; readonly width: number | undefined} => {
	const ref = useRef<DOMElement>(null);
	const [width, setWidth] = useState<number>();
	const measure = useCallback(() => {
		if (ref.current !== null) setWidth(measureElement(ref.current).width);
	}, []);
	// After every frame: what stands beside may grow at any time. The width does not depend on what we draw in it.
	useLayoutEffect(() => {
		measure();
	});
	return {ref, width};
};
