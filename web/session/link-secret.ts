/**
 * The secret of a one-time link, from the fragment of the page's URL. It is removed from the address bar before anything
 * else happens, so that it gets into no history, bookmark or screenshot. It is kept in memory only.
 */
import { createSignal } from "solid-js";
import { paths } from "../paths.ts";

const [linkSecret, setLinkSecret] = createSignal("");

export { linkSecret };

function take(): void {
	const { pathname, hash, search } = location;
	if (hash.length < 2 || (pathname !== paths.invite && pathname !== paths.reset)) return;
	history.replaceState(history.state, "", pathname + search);
	setLinkSecret(hash.slice(1));
}

/** Takes the secret now, and when a person opens another link in the same tab. */
export function takeLinkSecret(): void {
	take();
	window.addEventListener("hashchange", take);
}
