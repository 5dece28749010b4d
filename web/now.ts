/** The present instant as a signal, for everything that tells how long ago something was. */
import { type Accessor, createSignal, onCleanup } from "solid-js";

/**
 * Milliseconds since the epoch, renewed every `everyMs` while the caller lives and the page is looked at. Screens that
 * count seconds ask for 1,000, lists for the default.
 */
export function useNow(everyMs = 10_000): Accessor<number> {
	const [now, setNow] = createSignal(Date.now());
	const tick = () => {
		if (document.visibilityState === "visible") setNow(Date.now());
	};
	const timer = setInterval(tick, everyMs);
	document.addEventListener("visibilitychange", tick);
	onCleanup(() => {
		clearInterval(timer);
		document.removeEventListener("visibilitychange", tick);
	});
	return now;
}
