/** The promise's result, or the signal's reason as soon as it aborts; the work itself goes on. */
export const abortable = async <Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> => {
	if (signal === undefined) return work;
	let onAbort: () => void = () => undefined;
	const aborted = new Promise<never>((_, reject) => {
		onAbort = () => reject(signal.reason as Error);
		if (signal.aborted) onAbort();
		else signal.addEventListener('abort', onAbort, {once: true});
	});
	return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
};
