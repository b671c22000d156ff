/** Leaves out the members that have no value, so that the same data looks the same before and after it was stored. */
export const omitUndefined = <Value extends object>(value: Value): Value =>
	Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
