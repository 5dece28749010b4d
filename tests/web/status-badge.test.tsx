import { render } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { expect, it } from "vitest";
import type { KeyState } from "../../web/features/keys/key-state.ts";
import { StatusBadge } from "../../web/features/keys/status-badge.tsx";

it("the mark of a status changes with its word", () => {
	const [state, setState] = createSignal<KeyState>("active");
	const { container } = render(() => <StatusBadge state={state()} />);
	const marks = new Set<string>();
	for (const [next, word] of [
		["active", "Active"],
		["expiring", "Expiring"],
		["expired", "Expired"],
		["revoked", "Revoked"],
	] as const) {
		setState(next);
		expect(container.textContent).toBe(word);
		marks.add(container.querySelector("svg")?.innerHTML ?? "");
	}
	expect(marks.size).toBe(4);
});
