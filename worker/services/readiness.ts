/** Whether the service has what it needs in order to work. */
import { schemaProblem } from "../../db/schema-version.ts";
import type { Check } from "../schemas/operations.ts";
import type { Deps } from "./deps.ts";
import { checkJurisdiction } from "./jurisdiction.ts";
import { requireProductData } from "./product-data.ts";

type ReadinessDeps = Pick<Deps, "db" | "product" | "config" | "gates">;

/** A service that takes longer is down for its callers. */
const CHECK_TIMEOUT_MS = 2_000;
/** Objects that are asked in each place. One for all would be a bottleneck, and show one machine only. */
const OBJECTS_PER_COLO = 4;

/** Checks everything that the service needs, at the same time. `colo` is where this runs. Never throws. */
export function checkReadiness(deps: ReadinessDeps, colo: string): Promise<Check[]> {
	const d1 = deps.db.$client;
	// A key id has 12 characters, so no key has this object. It is created near the place that asks for it first.
	const object = `readiness ${colo} ${Math.floor(Math.random() * OBJECTS_PER_COLO)}`;
	return Promise.all([
		check("database", () => d1.prepare("select 1").first()),
		check("schema", () => requireSchema(d1)),
		check("gate", () => deps.gates.getByName(object).ping()),
		check("jurisdiction", () => checkJurisdiction(deps)),
		check("product_data", async () => {
			await requireProductData(deps);
			await requireComplete(deps.product.$client);
		}),
	]);
}

async function requireSchema(d1: D1Database): Promise<void> {
	const problem = await schemaProblem(d1);
	if (problem !== null) throw new Error(problem);
	await requireComplete(d1);
}

/** `npm run restore` keeps this table in a database until it is complete. */
async function requireComplete(d1: D1Database): Promise<void> {
	const restoring = await d1.prepare("select 1 from sqlite_schema where name = 'restore_progress'").first();
	if (restoring !== null) throw new Error("A restore of the database is unfinished.");
}

async function check(name: Check["name"], ask: () => Promise<unknown>): Promise<Check> {
	const startedAt = performance.now();
	const late = scheduler.wait(CHECK_TIMEOUT_MS).then(() => false);
	const ok = await Promise.race([ask().then(() => true), late]).catch(() => false);
	return { name, ok, milliseconds: Math.round(performance.now() - startedAt) };
}

/** How long a result is used again. Everyone may ask, and must not load D1 with it. */
const KEPT_MS = 5_000;

let last: { checks: Check[]; until: number } | undefined;
let askedAt = Number.NEGATIVE_INFINITY;

/** The same for callers without a credential: one request asks, and the others of the isolate get its last result. */
export async function recentReadiness(deps: ReadinessDeps, colo: string, now: number): Promise<Check[]> {
	const isBeingAsked = now - askedAt < CHECK_TIMEOUT_MS;
	if (last && (last.until > now || isBeingAsked)) return last.checks;
	askedAt = now;
	const checks = await checkReadiness(deps, colo);
	last = { checks, until: now + KEPT_MS };
	return checks;
}
