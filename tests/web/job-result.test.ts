/** The result of a job: which keys may still work, and the file that says so. */
import { beforeAll, expect, it } from "vitest";
import type { JobItem } from "../../web/api/types.ts";
import { resultCsv, resultOf } from "../../web/features/jobs/job-result.ts";
import { loadWords } from "../../web/i18n/index.ts";

const item = (key_id: string, outcome: JobItem["outcome"], error: string | null = null): JobItem => ({
	key_id,
	outcome,
	error,
	key_name: `Name of ${key_id}`,
});
const ITEMS = [
	item("revoked", "succeeded"),
	item("deleted", "failed", "NOT_FOUND"),
	item("broken", "failed", "UNAVAILABLE"),
	item("waiting", "pending"),
];

beforeAll(loadWords);

it("does not count a deleted key as one that may still work", () => {
	const { revoked, gone, failed, pending } = resultOf(ITEMS);
	expect(revoked).toEqual(["revoked"]);
	expect([gone, failed, pending].map((items) => items.map(({ key_id }) => key_id))).toEqual([
		["deleted"],
		["broken"],
		["waiting"],
	]);
});

it("is a file with every key in the order of the job, and each error in words", () => {
	const lines = resultCsv(ITEMS).join("").split("\r\n");
	expect(lines).toEqual([
		"\uFEFFkey_id,key_name,outcome,error_code,error",
		"revoked,Name of revoked,succeeded,,",
		"deleted,Name of deleted,failed,NOT_FOUND,The key was deleted in the meantime. Requests with it are rejected.",
		"broken,Name of broken,failed,UNAVAILABLE,The service is not available right now. Try again in a moment.",
		"waiting,Name of waiting,pending,,",
		"",
	]);
});

it("is a file without formulas, whatever the keys are called", () => {
	const [, line] = resultCsv([{ ...item("one", "succeeded"), key_name: "x;=cmd()" }]);
	expect(line).toBe(`one,"x;'=cmd()",succeeded,,\r\n`);
});
