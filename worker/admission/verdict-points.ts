/**
 * One data point in Workers Analytics Engine for each verdict, where a dataset is bound as `ANALYTICS`. A data point costs no
 * I/O, and nothing waits for it. It has no secret, no IP address and no user agent.
 *
 * Refusals are always written. Admissions are sampled by `ANALYTICS_SAMPLE_RATE`, and each that is written counts for those
 * that are not: a sum of `weight` is right at any rate. The counts of a key in the dashboard come from its gate, which counts
 * every request.
 */
import type { Bindings, Config } from "../env.ts";
import { keyIdOf } from "../keys/format.ts";
import { logEvent } from "../log.ts";
import { WHOLE_KEY } from "../schemas/key-pattern.ts";
import { VERDICT_BLOBS, VERDICT_DOUBLES } from "./verdict-columns.ts";

/** The bindings that recording needs. Without a dataset, nothing is recorded. */
export type AnalyticsBindings = Partial<Pick<Bindings, "ANALYTICS" | "CF_VERSION_METADATA">>;

/** Where data points go, how many, and what they have in common. */
export interface Analytics {
	dataset: AnalyticsEngineDataset;
	sampleRate: number;
	version: string;
	colo: string;
}

/** What a data point holds of a verdict. */
export interface Recorded {
	/** `MISSING`: the request presents no key. */
	verdict: { code: string; key?: { tenantId: string }; tenantId?: string };
	/** The key that was presented. */
	keyId: string | null;
	/** Whose key it is, where the verdict doesn't say. */
	tenantId?: string;
	/** Method and route. */
	endpoint: string;
	milliseconds: number;
	/** Decides whether an admission is written. */
	requestId: string;
}

/** Where the isolate runs. It never moves, and parsing `cf` costs more than the rest of a data point. */
let colo: string | undefined;

/** Null: no dataset is bound, and nothing is recorded. */
export function analyticsOf(
	{ ANALYTICS, CF_VERSION_METADATA }: AnalyticsBindings,
	{ analyticsSampleRate }: Pick<Config, "analyticsSampleRate">,
	request?: Request,
): Analytics | null {
	if (ANALYTICS === undefined) return null;
	if (request) colo ??= typeof request.cf?.colo === "string" ? request.cf.colo : "";
	return {
		dataset: ANALYTICS,
		sampleRate: analyticsSampleRate,
		version: CF_VERSION_METADATA?.id ?? "",
		colo: colo ?? "",
	};
}

/** The id in a key of this service; null for all other text, which may be a secret in any place. */
export const keyIdIn = (presented: string): string | null => (WHOLE_KEY.test(presented) ? keyIdOf(presented) : null);

/** Codes of verdicts on text that may be no key of this service. Its id would be text of a stranger's choice. */
const WITHOUT_KEY: ReadonlySet<string> = new Set(["MISSING", "NOT_FOUND", "BAD_SIGNATURE", "THROTTLED"]);

/** Writes the data point of a verdict, unless the sample leaves it out. Never throws. */
export function recordVerdict({ dataset, sampleRate, version, colo }: Analytics, recorded: Recorded): void {
	const { verdict, endpoint, milliseconds, requestId } = recorded;
	const { code } = verdict;
	if (code === "VALID" && !isInSample(requestId, sampleRate)) return;
	const keyId = WITHOUT_KEY.has(code) ? null : recorded.keyId;
	const blobs: Record<(typeof VERDICT_BLOBS)[number], string> = {
		code,
		tenant: verdict.key?.tenantId ?? verdict.tenantId ?? recorded.tenantId ?? "",
		key: keyId ?? "",
		endpoint,
		colo,
		version,
	};
	const doubles: Record<(typeof VERDICT_DOUBLES)[number], number> = {
		milliseconds,
		weight: code === "VALID" ? 1 / sampleRate : 1,
	};
	try {
		dataset.writeDataPoint({
			// Analytics Engine itself samples by index when there is much data: a busy key then costs other keys nothing.
			indexes: [keyId ?? code],
			blobs: VERDICT_BLOBS.map((name) => blobs[name]),
			doubles: VERDICT_DOUBLES.map((name) => doubles[name]),
		});
	} catch (thrown) {
		logEvent("analytics_failed", {}, { thrown });
	}
}

/** Ids are random UUIDs, so their first 32 bits are evenly spread. */
const isInSample = (requestId: string, rate: number): boolean =>
	rate >= 1 || Number.parseInt(requestId.slice(0, 8), 16) < rate * 2 ** 32;
