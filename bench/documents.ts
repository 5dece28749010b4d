/** Which parts of which documents are made from the kept run. Pure. */
import { performanceSection } from "./report.ts";
import type { Results } from "./results.ts";
import { scalingSections } from "./scaling/document.ts";

/** By the document's path and the name of the part's marks. */
export const documents = (results: Results): Record<string, Record<string, string>> => ({
	"docs/performance.md": { bench: performanceSection(results) },
	"docs/scaling.md": scalingSections(results),
});
