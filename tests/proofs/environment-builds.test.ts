/** A build for an environment is what wrangler deploys there. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ENVIRONMENTS } from "../../scripts/production/steps.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "environment-builds-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(ENVIRONMENTS)("a build for %s", (environment) => {
	const target = join(folder, environment);
	const config = join(target, "salesos_api_keys", "wrangler.json");

	it("has the values of that environment", { timeout: 240_000 }, async () => {
		const env = { ...process.env, CLOUDFLARE_ENV: environment };
		await run("npx", ["vite", "build", "--outDir", target], { cwd: ROOT, env });
		const built = JSON.parse(readFileSync(config, "utf8"));
		expect(built).toMatchObject({ targetEnvironment: environment, workers_dev: false, limits: { cpu_ms: 10_000 } });
		expect(built.vars.PUBLIC_URL).toBe(`https://${built.routes[0].pattern}`);
	});

	it("is accepted by wrangler", { timeout: 120_000 }, async () => {
		const { stdout } = await run("npx", ["wrangler", "deploy", "--dry-run", "--config", config], { cwd: ROOT });
		for (const binding of ["KEY_GATE", "PASSWORD_HASHER", "DB", "LINK_LIMITER", "ASSETS"])
			expect(stdout).toContain(`env.${binding} `);
	});
});
