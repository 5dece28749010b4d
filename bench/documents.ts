/** Which sections of which documents are generated from the kept run. Pure. */
import { performanceSection } from "./report.ts";
import type { Results } from "./results.ts";
import { scalingSections } from "./scaling/document.ts";

/** Document path → name of the section's marks → text. */
export const documents = (results: Results): Record<string, Record<string, string>> => ({
	"docs/performance.md": { bench: performanceSection(results) },
	"docs/scaling.md": scalingSections(results),
});
