type Listener = (...words: unknown[]) => void;

/** What version 6 of Ink clears a window with: also all that scrolled out of it before. */
const clearTerminal = '\u001B[2J\u001B[3J\u001B[H';
/** The window alone, as version 8 does; row by row, since tmux keeps in its history what is cleared all at once. */
const clearWindow = (rows: number): string => `\u001B[H${'\u001B[2K\u001B[1B'.repeat(rows)}\u001B[H`;

/** React and Ink need a turn each until a new size is drawn. */
const afterDrawing = (work: () => void) => setTimeout(() => setTimeout(work, 0), 0);

/**
 * A terminal's stream for a screen in a window that may change. As soon as it does Ink draws again what stood there, laid
 * out for the window as it was, and pieces of that stay behind. So Ink hears of a new size once the screen is laid out
 * for it: the layout prepends its listener. What scrolled out of the window stays there, whatever becomes too tall.
 */
export const resizable = <Stream extends NodeJS.WriteStream>(stream: Stream): Stream => {
	const delayed = new Map<Listener, Listener>();
	const own = {
		on(event: string, listener: Listener) {
			if (event !== 'resize') return stream.on(event, listener);
			const later = () => void afterDrawing(() => delayed.get(listener) === later && listener());
			delayed.set(listener, later);
			return stream.on(event, later);
		},
		off(event: string, listener: Listener) {
			const later = event === 'resize' ? delayed.get(listener) : undefined;
			if (later !== undefined) delayed.delete(listener);
			return stream.off(event, later ?? listener);
		},
		write(chunk: unknown, ...rest: unknown[]) {
			const text = typeof chunk === 'string' ? chunk.replaceAll(clearTerminal, clearWindow(stream.rows)) : chunk;
			return (stream.write as (...words: unknown[]) => boolean).call(stream, text, ...rest);
		},
	};
	return new Proxy(stream, {
		get(target, name) {
			if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? (value.bind(target) as unknown) : value;
		},
	});
};
