/**
 * The shortest of up to ten tries, in milliseconds: a busy machine makes some of them slow, a wait of our own makes all of
 * them slow. The first that is as short as `enough` is the last.
 */
export const shortest = async (enough: number, measure: () => number | Promise<number>): Promise<number> => {
	let shortest = Infinity;
	for (let tries = 0; tries < 10 && shortest >= enough; tries++) shortest = Math.min(shortest, await measure());
	return shortest;
};
