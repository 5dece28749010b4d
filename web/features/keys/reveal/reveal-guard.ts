/** Keeps a person from leaving while something is on the screen that cannot be shown again. */
import { useBeforeLeave } from "@solidjs/router";
import { type Accessor, createEffect, onCleanup } from "solid-js";

/**
 * While `guarded`, going elsewhere in the page calls `ask` instead, with what would do it after all; leaving the page
 * itself makes the browser ask, in its own words.
 */
export function guardLeaving(guarded: Accessor<boolean>, ask: (leave: () => void) => void): void {
	useBeforeLeave((event) => {
		if (!guarded() || event.defaultPrevented) return;
		event.preventDefault();
		ask(() => event.retry(true));
	});
	const warn = (event: BeforeUnloadEvent) => {
		event.preventDefault();
		// What older browsers go by.
		event.returnValue = true;
	};
	createEffect(() => {
		if (!guarded()) return;
		window.addEventListener("beforeunload", warn);
		onCleanup(() => window.removeEventListener("beforeunload", warn));
	});
}
