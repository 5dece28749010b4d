import { expect, it } from "vitest";
import { problemText, UNREACHABLE } from "../../web/api/problem.ts";

const conflict = (field: string) =>
	problemText({ ...UNREACHABLE, code: "CONFLICT", details: [{ field, message: "At most 5" }] });

it("a quota that is reached is named in the text of the problem, with what to do", () => {
	expect(conflict("api_keys")).toMatch(/^Your company has reached a quota: API keys\. Delete what you no longer need/);
	expect(conflict("rate_limit")).toMatch(/^The limit per hour is above your company's quota\. Lower it/);
	expect(conflict("anything else")).toMatch(/^This has changed in the meantime\./);
});
