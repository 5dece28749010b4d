/** The current time as a signal, and relative times that follow it. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { formatExactTime, formatRelative } from "./i18n/format.ts";
import { serverNow } from "./server-time.ts";

/**
 * Milliseconds since the epoch by the service's clock, updated every `everyMs` while the caller is mounted and the page
 * is visible. Screens that count seconds pass 1,000; lists use the default.
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

/** How long ago or ahead; the exact time on hover. */
export function RelativeTime(props: { at: string; now: Accessor<number> }) {
	return (
		<time datetime={props.at} title={formatExactTime(props.at)}>
			{formatRelative(props.at, props.now())}
		</time>
	);
}
