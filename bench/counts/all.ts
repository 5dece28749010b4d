/** All that is counted, in portions of about the time that a server takes to come to rest. */
import { type CountResults, countEvenly, countFlatOut, countOthers, countPaths } from "./count.ts";

/** `work` is to be done in any order; `results` gives what came of all of it. */
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
				throw new Error("Something was not counted");
			return { first, warm, flatOut, evenly, evenlyDefault, d1PerRequest, betterAuth };
		},
	};
}
