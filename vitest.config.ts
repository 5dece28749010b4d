import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The slowest files, slowest first. Started last, they would still run when everything else is done. */
const LONG = [
	...["hostile/", "history/one-key", "history/", "auth/matrix", "rows-read", "auth/session"],
	...["lost-and-restored", "e2e/releases", "suspension-killed", "secrets-rotated"],
	...["e2e/cli", "job-killed", "history-killed", "e2e/first-start", "e2e/killed", "e2e/"],
	...["documentation", "preview", "client-package", "local-preparation"],
];

class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const rank = ({ moduleId }: TestSpecification) => {
			const place = LONG.findIndex((part) => moduleId.includes(part));
			return place < 0 ? LONG.length : place;
		};
		return sorted.sort((a, b) => rank(a) - rank(b));
	}
}

export default defineConfig({
	test: {
		sequence: { sequencer: LongestFirst },
		projects: [
			"tests/unit/vitest.config.ts",
			"tests/web/vitest.config.ts",
			"tests/worker/vitest.config.ts",
			"tests/e2e/vitest.config.ts",
			"tests/proofs/vitest.config.ts",
		],
	},
});
