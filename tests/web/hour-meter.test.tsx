import { render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { HourMeter } from "../../web/features/keys/detail/hour-meter.tsx";
import { levelOf } from "../../web/ui/meter.tsx";

const hour = (used: number) => ({
	used,
	limit: 1_000,
	remaining: 1_000 - used,
	resets_at: "2026-11-22T15:00:00.000Z",
});

afterEach(() => vi.useRealTimers());

describe("the level of the meter", () => {
	it("changes at four fifths of the limit and at the limit", () => {
		expect(levelOf(799, 1_000)).toBe("calm");
		expect(levelOf(800, 1_000)).toBe("near");
		expect(levelOf(999, 1_000)).toBe("near");
		expect(levelOf(1_000, 1_000)).toBe("full");
		// The limit was lowered after more requests had been admitted.
		expect(levelOf(1_000, 500)).toBe("full");
	});
});

describe("the meter of the current hour", () => {
	it("shows used and remaining requests and the time until the reset", () => {
		vi.useFakeTimers({ now: Date.parse("2026-11-22T14:47:55.000Z") });
		render(() => <HourMeter hour={hour(412)} state="active" onTurn={() => {}} />);
		const meter = screen.getByRole("meter", { name: "Requests used this hour" });
		expect(meter).toHaveProperty("value", 412);
		expect(meter.getAttribute("aria-valuetext")).toBe("412 of 1,000 requests");
		expect(screen.getByText("588")).toBeDefined();
		expect(screen.getByText("12:05")).toBeDefined();
		vi.advanceTimersByTime(1_000);
		expect(screen.getByText("12:04")).toBeDefined();
	});

	it("never counts down from more than an hour, even with a wrong clock", () => {
		vi.useFakeTimers({ now: Date.parse("2026-11-22T13:10:00.000Z") });
		render(() => <HourMeter hour={hour(412)} state="active" onTurn={() => {}} />);
		expect(screen.getByText("60:00")).toBeDefined();
	});

	it("refetches once at the end of each hour", () => {
		vi.useFakeTimers({ now: Date.parse("2026-11-22T14:59:58.000Z") });
		const [shown, setShown] = createSignal(hour(412));
		const onTurn = vi.fn();
		render(() => <HourMeter hour={shown()} state="active" onTurn={onTurn} />);
		vi.advanceTimersByTime(1_000);
		expect(onTurn).not.toHaveBeenCalled();
		vi.advanceTimersByTime(3_000);
		expect(onTurn).toHaveBeenCalledTimes(1);
		// The numbers of the new hour are unknown.
		expect(screen.getAllByText("–")).toHaveLength(3);
		expect(screen.getByRole("meter").getAttribute("aria-valuetext")).toBe("Loading…");
		setShown({ ...hour(0), resets_at: "2026-11-22T16:00:00.000Z" });
		vi.advanceTimersByTime(3_600_000);
		expect(onTurn).toHaveBeenCalledTimes(2);
	});

	it("warns near the limit and at it, and shows nothing left for a key that has ended", () => {
		vi.useFakeTimers({ now: Date.parse("2026-11-22T14:30:00.000Z") });
		const [used, setUsed] = createSignal(800);
		const [state, setState] = createSignal<"active" | "revoked">("active");
		render(() => <HourMeter hour={hour(used())} state={state()} onTurn={() => {}} />);
		expect(screen.getByText("Close to the limit.")).toBeDefined();
		setUsed(1_000);
		expect(screen.getByText(/^The limit is reached/)).toBeDefined();
		setState("revoked");
		expect(screen.getByText(/^This key is revoked/)).toBeDefined();
		// Neither remaining requests nor a reset, and no bar.
		expect(screen.getAllByText("–")).toHaveLength(2);
		expect(screen.queryByRole("meter")).toBeNull();
	});
});
