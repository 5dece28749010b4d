/** What a run of the tests finds around itself: the service under test, and the browser. Made once, by global-setup.ts. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Launch } from "./chromium.ts";

export interface RunSettings {
	/** Where the dashboard is, without a slash at the end. */
	url: string;
	/** The `.dev.vars` of the service. */
	secretsFile: string;
	jwt: { issuer: string; audience: string };
	launch: Launch;
}

const VARIABLE = "DASHBOARD_RUN_SETTINGS";

/** Hands them to the worker processes, which inherit the environment. */
export function shareRunSettings(runSettings: RunSettings): void {
	process.env[VARIABLE] = JSON.stringify(runSettings);
}

/** Throws where no global setup has run. */
export function runSettings(): RunSettings {
	const announced = process.env[VARIABLE];
	if (announced === undefined) throw new Error(`${VARIABLE} is not set: run the tests with playwright test`);
	// Written by `announce`.
	return JSON.parse(announced) as RunSettings;
}

/** A secret of the service. Throws if its file does not have it. */
export function secret(name: "JWT_SECRET" | "SERVICE_ROLE_KEY" | "DEMO_OWNER_EMAIL" | "DEMO_OWNER_PASSWORD"): string {
	const { secretsFile } = runSettings();
	const value = parseEnv(readFileSync(secretsFile, "utf8"))[name];
	if (!value) throw new Error(`${secretsFile} has no ${name}`);
	return value;
}
