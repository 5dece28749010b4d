import { createEffect } from "solid-js";

/** Names the screen in the browser's tab. */
export function useTitle(title: () => string): void {
	createEffect(() => {
		document.title = `${title()} · SalesOS`;
	});
}
