import {measureElement, type DOMElement} from 'ink';
import {useCallback, useLayoutEffect, useRef, useState, type RefObject} from 'react';

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
