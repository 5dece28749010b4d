/** What a job has done with each of its keys, and the same as a file. Pure. */
import { problemText, UNREACHABLE } from "../../api/problem.ts";
import type { JobItem } from "../../api/types.ts";
import { csvHead, csvLine } from "../../csv.ts";
import { t } from "../../i18n/index.ts";

export interface JobResult {
	/** Ids of the revoked keys. */
	revoked: string[];
	/** Deleted by another person meanwhile, so requests with them are rejected. */
	gone: JobItem[];
	/** Not revoked, so they may still work. */
	failed: JobItem[];
	/** Not tried yet, because the job was stopped. */
	pending: JobItem[];
}

const isGone = ({ error }: JobItem) => error === "NOT_FOUND";

export function resultOf(items: readonly JobItem[]): JobResult {
	const failed = items.filter(({ outcome }) => outcome === "failed");
	return {
		revoked: items.filter(({ outcome }) => outcome === "succeeded").map(({ key_id }) => key_id),
		gone: failed.filter(isGone),
		failed: failed.filter((item) => !isGone(item)),
		pending: items.filter(({ outcome }) => outcome === "pending"),
	};
}

/** Why a key was not revoked, in words. Empty for every other key. */
export function errorText(item: JobItem): string {
	if (item.error === null) return "";
	return isGone(item) ? t().revokeDelete.job.gone : problemText({ ...UNREACHABLE, code: item.error });
}

const COLUMNS = ["key_id", "key_name", "outcome", "error_code", "error"];

/** The parts of a file with one line per key, in the order of the job. Outcomes and codes are named as in the API. */
export const resultCsv = (items: readonly JobItem[]): string[] => [
	csvHead(COLUMNS),
	...items.map((item) => csvLine([item.key_id, item.key_name ?? "", item.outcome, item.error ?? "", errorText(item)])),
];
