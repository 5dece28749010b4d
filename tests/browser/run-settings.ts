/** The environment of a test run: the service under test and the browser. global-setup.ts creates it once. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Launch } from "../chromium.ts";

export interface RunSettings {
	/** Origin of the dashboard. */
	url: string;
	/** The `.dev.vars` of the service. */
	secretsFile: string;
	jwt: { issuer: string; audience: string };
	launch: Launch;
}

const VARIABLE = "DASHBOARD_RUN_SETTINGS";

/** Passes it on to the worker processes, which inherit the environment variables. */
export function shareRunSettings(runSettings: RunSettings): void {
	process.env[VARIABLE] = JSON.stringify(runSettings);
}

/** Throws if the global setup has not run. */
export function runSettings(): RunSettings {
	const shared = process.env[VARIABLE];
	if (shared === undefined) throw new Error(`${VARIABLE} is not set: run the tests with playwright test`);
	// Written by `shareRunSettings`.
	return JSON.parse(shared) as RunSettings;
}

/** A secret of the service. Throws if its file does not have it. */
export function secret(name: "JWT_SECRET" | "SERVICE_ROLE_KEY" | "DEMO_OWNER_EMAIL" | "DEMO_OWNER_PASSWORD"): string {
	const { secretsFile } = runSettings();
	const value = parseEnv(readFileSync(secretsFile, "utf8"))[name];
	if (!value) throw new Error(`${secretsFile} has no ${name}`);
	return value;
}
