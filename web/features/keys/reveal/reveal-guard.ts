/** Asks before a person leaves a screen that cannot be shown again. */
import { useBeforeLeave } from "@solidjs/router";
import { type Accessor, createEffect, onCleanup } from "solid-js";

/**
 * While `guarded`, navigation inside the page calls `ask` instead, with a function that continues it. When the person
 * leaves the page itself, the browser asks.
 */
export function guardLeaving(guarded: Accessor<boolean>, ask: (leave: () => void) => void): void {
	useBeforeLeave((event) => {
		if (!guarded() || event.defaultPrevented) return;
		event.preventDefault();
		ask(() => event.retry(true));
	});
	const warn = (event: BeforeUnloadEvent) => {
		event.preventDefault();
		// Older browsers read this instead.
		event.returnValue = true;
	};
	createEffect(() => {
		if (!guarded()) return;
		window.addEventListener("beforeunload", warn);
		onCleanup(() => window.removeEventListener("beforeunload", warn));
	});
}
