/** How long an old key has been unused, and how long to wait before revoking it. */
import { render, screen } from "@solidjs/testing-library";
import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import { expect, it } from "vitest";
import { usageQuery } from "../../web/api/queries.ts";
import type { ApiKeyDetail } from "../../web/api/types.ts";
import { observation } from "../../web/features/keys/rotation/rotation-pause.ts";
import { Silence } from "../../web/features/keys/rotation/rotation-retire.tsx";
import { DAY_MS as DAY, HOUR_MS as HOUR } from "../../worker/schemas/time.ts";
import { apiKeyDetail } from "../api-key.ts";

const ROTATED = Date.parse("2031-05-15T12:00:00.000Z");
const iso = (ms: number) => new Date(ms).toISOString();

const key = (changes: Partial<ApiKeyDetail>) =>
	apiKeyDetail({
		id: "old",
		created_at: iso(ROTATED - 30 * DAY),
		rotated_to: "new",
		usage_count: 9,
		last_used_at: iso(ROTATED),
		...changes,
	});

/** Renders a key that was used `hours` before the rotation (last first) and has been unused since. */
function show(silentMs: number, hours: number[], changes: Partial<ApiKeyDetail> = {}) {
	const old = key(changes);
	const successor = key({ id: "new", created_at: iso(ROTATED), rotated_to: null });
	const client = new QueryClient();
	const { from, to } = observation(old.created_at, successor.created_at);
	client.setQueryData(usageQuery({ id: "old", from: iso(from), to: iso(to + HOUR), granularity: "hour" }).queryKey, {
		buckets: hours
			.toReversed()
			.map((hour) => ({ start: iso(ROTATED - hour * HOUR), allowed: 1, rate_limited: 0, denied: 0 })),
		totals: { allowed: hours.length, rate_limited: 0, denied: 0 },
	});
	return render(() => (
		<QueryClientProvider client={client}>
			<Silence old={old} successor={successor} now={() => ROTATED + silentMs} />
		</QueryClientProvider>
	));
}
const nightly = Array.from({ length: 14 }, (_, day) => 10 + day * 24);

it("the page advises to wait for a nightly job", () => {
	show(12 * 60_000, nightly);
	expect(screen.getByText("The old key has not been used for 12 minutes")).toBeTruthy();
	expect(screen.getByText(/In the 14 days before the rotation, its longest pause was 1 day\. Wait/)).toBeTruthy();
});

it("the page says when the pause is longer than every earlier one", () => {
	show(25 * HOUR, nightly);
	expect(screen.getByText("The old key has not been used for 1 day")).toBeTruthy();
	expect(screen.getByText(/That is longer than every pause in the 14 days before the rotation/)).toBeTruthy();
});

it("a key in use is shown as in use", () => {
	show(59_000, nightly);
	expect(screen.getByText("Still in use: last request with the old key 59 seconds ago")).toBeTruthy();
	expect(screen.queryByText(/has not been used for/)).toBeNull();
});

it("a pause says little if the key was not used before the rotation either", () => {
	show(3 * DAY, []);
	expect(screen.getByText(/was not used at all, so this says little/)).toBeTruthy();
});

it("a young key gets general advice", () => {
	show(3 * HOUR, [1], { created_at: iso(ROTATED - DAY) });
	expect(screen.getByText(/Wait until the rarest job/)).toBeTruthy();
});

it("a key that was never used needs no wait", () => {
	show(3 * HOUR, [], { last_used_at: null, usage_count: 0 });
	expect(screen.getByText("The old key was never used.")).toBeTruthy();
});
