/** The session's cookie is one for all tabs of a browser: who signs in here has signed in there as well. */

const channel = new BroadcastChannel("salesos-session");

/** Tells the other tabs who has signed in. */
export function tellOtherTabs(userId: string): void {
	channel.postMessage(userId);
}

/** Hears who has signed in in another tab. Returns what stops that. */
export function onSignInElsewhere(hear: (userId: string) => void): () => void {
	// What is sent is only ever what `tellOtherTabs` has put there.
	const listener = (event: MessageEvent) => hear(String(event.data));
	channel.addEventListener("message", listener);
	return () => channel.removeEventListener("message", listener);
}
