/** The session cookie is shared by all tabs of a browser, so signing in with one tab signs in all of them. */

const channel = new BroadcastChannel("salesos-session");

/** Tells the other tabs who has signed in. */
export function tellOtherTabs(userId: string): void {
	channel.postMessage(userId);
}

/** Calls `listener` with the user's id when someone signs in with another tab. Returns how to stop. */
export function onSignInElsewhere(listener: (userId: string) => void): () => void {
	// Only `tellOtherTabs` sends here.
	const onMessage = (event: MessageEvent) => listener(String(event.data));
	channel.addEventListener("message", onMessage);
	return () => channel.removeEventListener("message", onMessage);
}
