/** Everything that is counted, in portions that fit into the pauses between rounds. */
import { type CountResults, countEvenly, countFlatOut, countOthers, countPaths } from "./count.ts";

/** Run all of `work`, in any order, then read `results`. */
export function counting(peers: boolean): { work: (() => Promise<void>)[]; results(): CountResults } {
	const found: Partial<CountResults> = {};
	const keep = (count: () => Promise<Partial<CountResults>>) => async () => {
		Object.assign(found, await count());
	};
	return {
		work: [
			async () => {
				await keep(countPaths)();
				await keep(() => countOthers(peers))();
			},
			keep(countFlatOut),
			keep(countEvenly),
		],
		results() {
			const { first, warm, flatOut, evenly, evenlyDefault, d1PerRequest, betterAuth } = found;
			if (!first || !warm || !flatOut || !evenly || !evenlyDefault || !d1PerRequest || betterAuth === undefined)
				throw new Error("A count is missing");
			return { first, warm, flatOut, evenly, evenlyDefault, d1PerRequest, betterAuth };
		},
	};
}
