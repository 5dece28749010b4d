/** The canary: measures the deployed service every minute, and keeps what it measured for 30 days. */
import { and, eq, lt } from "drizzle-orm";
import { auditEvent, createdWith } from "../../../db/audit.ts";
import { runBatch } from "../../../db/client.ts";
import { CANARY_TENANT_ID } from "../../../db/ids.ts";
import { insertAudit } from "../../../db/insert-audit.ts";
import { apiKeys, auditEvents, canaryRuns, tenants } from "../../../db/schema.ts";
import { logEvent } from "../../log.ts";
import { DAY_MS, MINUTE_MS } from "../../schemas/time.ts";
import type { Deps } from "../deps.ts";
import { NEVER_SUSPENDED } from "../tenants.ts";
import { CANARY_LIMIT, type CanaryService, deleteKey, type Measured, measure } from "./measure.ts";
import { publishStatus, RUNS_KEPT_DAYS } from "./status.ts";

/** A canary leaves thousands of audit events a day, about keys that live for seconds. */
const EVENTS_KEPT_MS = DAY_MS;
/** Keys that runs have left behind: at most this many are deleted in one run. */
const LEFT_BEHIND_MAX = 10;

/** A run that starts later than this would overlap the next one. */
const RUN_MS = MINUTE_MS / 2;
/** Keys of a run in progress are younger. */
const LEFT_BEHIND_MS = 2 * MINUTE_MS;

/** Measures, if the configuration says so. One row for each minute, so a repeated run changes nothing. */
export async function runCanary(deps: Deps, fetch: CanaryService["fetch"] = (request) => globalThis.fetch(request)) {
	const { db, config, now } = deps;
	const [credential] = config.serviceRoleKeys;
	if (!config.canary || config.publicUrl === null || !credential) return;
	await addTenant(deps);
	const service = {
		url: config.publicUrl,
		credential: credential.reveal(),
		tenantId: CANARY_TENANT_ID,
		deadline: AbortSignal.timeout(RUN_MS),
		fetch,
	};
	const keys = await leftBehind(deps);
	const measured = await measure(service, (keyId) => void keys.push(keyId));
	report(measured);
	await db
		.insert(canaryRuns)
		.values({
			minute: now - (now % MINUTE_MS),
			rateLimit: measured.admitted === null ? null : CANARY_LIMIT,
			...measured,
		})
		.onConflictDoNothing();
	await publishStatus(deps);
	await Promise.all(keys.map((keyId) => removeKey(deps, service, keyId)));
}

/** Alerts are set on these events, and on the absence of `canary_measured`. */
function report({ error, lateAdmissions, admitted }: Measured): void {
	if (error === null) logEvent("canary_measured", { late_admissions: lateAdmissions, admitted });
	else logEvent("canary_failed", { code: error });
	if ((lateAdmissions ?? 0) > 0)
		logEvent("guarantee_broken", { guarantee: "immediate", late_admissions: lateAdmissions });
	if (admitted !== null && admitted !== CANARY_LIMIT)
		logEvent("guarantee_broken", { guarantee: "exact", rate_limit: CANARY_LIMIT, admitted });
}

/** Creates the canary's tenant with the first run. */
async function addTenant({ db, now }: Deps): Promise<void> {
	if ((await db.$count(tenants, eq(tenants.id, CANARY_TENANT_ID))) > 0) return;
	const about = { name: "Canary", slug: "salesos-canary" };
	const system = { tenantId: CANARY_TENANT_ID, actor: "system", actorEmail: null, ip: null, userAgent: null };
	await runBatch(db, [
		db
			.insert(tenants)
			.values({ id: CANARY_TENANT_ID, ...about, createdAt: now, ...NEVER_SUSPENDED, locationHint: null }),
		insertAudit(db, auditEvent(system, "tenant.create", now, { changes: createdWith(about) })),
	]);
}

/** Keys of runs that have died. */
async function leftBehind({ db, now }: Deps): Promise<string[]> {
	const found = await db
		.select({ id: apiKeys.id })
		.from(apiKeys)
		.where(and(eq(apiKeys.tenantId, CANARY_TENANT_ID), lt(apiKeys.createdAt, now - LEFT_BEHIND_MS)))
		.limit(LEFT_BEHIND_MAX);
	return found.map(({ id }) => id);
}

/** Deletes the key, and what its gate has on its disk. What fails is left for the next run. */
async function removeKey({ gates }: Deps, service: CanaryService, keyId: string): Promise<void> {
	try {
		await deleteKey(service, keyId);
		await gates.getByName(keyId).forgetCanary();
	} catch (thrown) {
		logEvent("canary_failed", { code: "NOT_DELETED", key_id: keyId }, { thrown });
	}
}

/** Deletes what is older than it is kept. */
export async function forgetCanaryRuns({ db, now }: Deps): Promise<void> {
	await db.delete(canaryRuns).where(lt(canaryRuns.minute, now - RUNS_KEPT_DAYS * DAY_MS));
	await db
		.delete(auditEvents)
		.where(and(eq(auditEvents.tenantId, CANARY_TENANT_ID), lt(auditEvents.at, now - EVENTS_KEPT_MS)));
}
