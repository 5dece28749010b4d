/** Tests inside workerd, with real D1 and real Durable Objects. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { transformWithOxc } from "vite";
import { defineConfig } from "vitest/config";

const ROOT = join(import.meta.dirname, "../..");
/** The name that the tests' runtime gives to the Worker under test. */
const UNDER_TEST = "vitest-plugin-runner-worker";

const compiled = async (file: string) => (await transformWithOxc(readFileSync(file, "utf8"), file)).code;

export default defineConfig({
	plugins: [
		cloudflareTest(async () => ({
			wrangler: { configPath: join(ROOT, "wrangler.toml") },
			miniflare: {
				bindings: {
					TEST_MIGRATIONS: await readD1Migrations(join(ROOT, "db/migrations")),
					JWT_SECRET: "test-jwt-secret-0123456789abcdef0123456789",
					SERVICE_ROLE_KEY: "test-service-role-key-0123456789abcdef",
					KEY_PEPPER: "test-key-pepper-0123456789abcdef01234567",
				},
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
		provide: {
			// The same requests on every ordinary run; a long run draws its own.
			fuzz: {
				requests: Number(process.env.FUZZ_REQUESTS ?? 20_000),
				seed: Number(process.env.FUZZ_SEED ?? 20_261_125),
			},
		},
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		setupFiles: ["setup.ts"],
		globalSetup: ["global-setup.ts"],
	},
});
