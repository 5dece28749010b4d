/** The present instant as a signal, for everything that tells how long ago something was. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { serverNow } from "./server-time.ts";

/**
 * Milliseconds since the epoch by the service's clock, renewed every `everyMs` while the caller lives and the page is looked at. Screens that
 * count seconds ask for 1,000, lists for the default.
 */
export function useNow(everyMs = 10_000): Accessor<number> {
	const [now, setNow] = createSignal(serverNow());
	const tick = () => {
		if (document.visibilityState === "visible") setNow(serverNow());
	};
	const timer = setInterval(tick, everyMs);
	document.addEventListener("visibilitychange", tick);
	onCleanup(() => {
		clearInterval(timer);
		document.removeEventListener("visibilitychange", tick);
	});
	return now;
}
