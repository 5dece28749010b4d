/** Runs before a list of keys is read: gates deliver the usage that they hold, and deliver soon from then on. */
import { LOOK_EVERY_MS, readWatch, recordLook, usedSince, WATCHED_MS } from "../../db/usage-watch.ts";
import { retryOnce } from "../admission/retry-once.ts";
import { putLast } from "../bounded-map.ts";
import { UNWATCHED_MAX_MS } from "../gate/delivery/usage-pace.ts";
import { withTimeout } from "../gate/timers.ts";
import { logError } from "../log.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import type { Deps } from "./deps.ts";

/** Gates that are asked at the first look: as many as a page has keys. D1 makes their writes one after the other. */
const ASKED_MAX = 100;
/** The list waits for them this long, and then shows what D1 has. */
const WAIT_MS = 2_000;
/** A gate delivers at most this long after the use that D1 shows. A part of it is for a busy D1. */
const IN_USE_MS = UNWATCHED_MAX_MS + 60_000;

/** A key as a list shows it. */
type Shown = Pick<ApiKey, "id" | "last_used_at">;

/** Tenant → when this isolate recorded a look. */
const recorded = new Map<string, number>();
const TENANTS_MAX = 10_000;

/**
 * Call this before a list of the tenant's keys is read. If no one has looked for a while, asks the gates of keys in use for
 * their usage. If the tenant has more of them than are asked, `readPage` says which the list shows, and those are asked first.
 * Never throws: if it fails, the list only shows older usage.
 */
export async function lookAtUsage(
	{ db, gates, now }: Pick<Deps, "db" | "gates" | "now">,
	tenantId: string,
	readPage: () => Promise<Shown[]>,
): Promise<void> {
	const before = recorded.get(tenantId);
	if (before !== undefined && now - before < LOOK_EVERY_MS) return;
	putLast(recorded, tenantId, now, TENANTS_MAX);
	try {
		const [watch, , used] = await db.batch([
			readWatch(db, tenantId),
			recordLook(db, tenantId, now),
			usedSince(db, tenantId, now - IN_USE_MS, ASKED_MAX),
		]);
		if (Number(watch[0]?.until ?? 0) > now) return;
		const page = used.length < ASKED_MAX ? [] : await readPage();
		const shown = page.filter(({ last_used_at }) => last_used_at && Date.parse(last_used_at) > now - IN_USE_MS);
		const asked = [...new Set([...shown, ...used].map(({ id }) => id))].slice(0, ASKED_MAX);
		const deliver = (id: string) => retryOnce(() => gates.getByName(id).watchUsage(id, tenantId, now + WATCHED_MS));
		// A gate that doesn't deliver has logged why. One of an earlier release lacks the method, and always delivers soon.
		await withTimeout(WAIT_MS, Promise.allSettled(asked.map(deliver)), "A gate").catch(() => undefined);
	} catch (error) {
		recorded.delete(tenantId);
		logError("Gates could not be asked for their usage", error);
	}
}
