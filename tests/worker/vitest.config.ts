/** Tests in workerd, with real D1 and real Durable Objects. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { type Plugin, transformWithOxc } from "vite";
import { defineConfig } from "vitest/config";
import { readMigrations } from "../../db/migrate.ts";
import { FILES_AT_ONCE } from "../files-at-once.ts";
import { SIZES } from "../sizes.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The name that the Vitest plugin gives to the Worker under test. */
const UNDER_TEST = "vitest-plugin-runner-worker";

const compiled = async (file: string) => (await transformWithOxc(readFileSync(file, "utf8"), file)).code;

/**
 * Replaces the Worker's dynamic imports with static ones. The test runner loads modules in an object of its own, and code
 * that awaits an import continues there, where it can't reach the storage of another object. tests/e2e/start-up.test.ts
 * checks in the build that these modules load late.
 */
const loadedAtOnce: Plugin = {
	name: "loaded-at-once",
	enforce: "pre",
	transform(code, id) {
		if (!id.startsWith(join(ROOT, "worker/"))) return undefined;
		const imports: string[] = [];
		const changed = code.replace(/\bimport\(("[^"]+")\)/g, (_, module: string) => {
			const name = `loadedAtOnce${imports.length}`;
			imports.push(`import * as ${name} from ${module};`);
			return `Promise.resolve(${name})`;
		});
		return imports.length === 0 ? undefined : `${imports.join("")}${changed}`;
	},
};

export default defineConfig({
	plugins: [
		loadedAtOnce,
		cloudflareTest(async () => ({
			wrangler: { configPath: join(ROOT, "wrangler.toml") },
			miniflare: {
				bindings: {
					TEST_MIGRATIONS: readMigrations(),
					TEST_PRODUCT_MIGRATIONS: readMigrations("product-migrations"),
					JWT_SECRET: "test-jwt-secret-0123456789abcdef0123456789",
					SERVICE_ROLE_KEY: "test-service-role-key-0123456789abcdef",
					KEY_PEPPER: "test-key-pepper-0123456789abcdef01234567",
					SIGNING_KEY: "test-signing-key-0123456789abcdef0123456",
					LEGACY_KEYS: "on",
				},
				// The matrix makes more links in a minute than a tenant may. tests/worker/members/links.test.ts checks the limit.
				ratelimits: { LINK_LIMITER: { namespace_id: "1004", simple: { limit: 100_000, period: 60 } } },
				serviceBindings: { OTHER_WORKER: "other-worker" },
				workers: [
					{
						name: "other-worker",
						compatibilityDate: "2026-11-01",
						modules: true,
						script: await compiled(join(ROOT, "docs/examples/worker.ts")),
						serviceBindings: { KEYS: { name: UNDER_TEST, entrypoint: "KeyVerifier" } },
					},
				],
			},
		})),
	],
	test: {
		name: "worker",
		maxWorkers: FILES_AT_ONCE,
		// A runtime takes longer to start than most files take to run in it. setup.ts empties it for each file.
		isolate: false,
		// Long enough for a busy machine.
		testTimeout: 30_000,
		provide: SIZES,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		// Pure: they run in Node, with tests/unit/vitest.config.ts.
		exclude: ["keys/**"],
		setupFiles: ["setup.ts"],
		globalSetup: ["global-setup.ts"],
	},
});
