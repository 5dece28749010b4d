/** Tests inside workerd, with real D1 and real Durable Objects. */
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const ROOT = join(import.meta.dirname, "../..");

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
			},
		})),
	],
	test: {
		name: "worker",
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		setupFiles: ["setup.ts"],
		globalSetup: ["global-setup.ts"],
	},
});
