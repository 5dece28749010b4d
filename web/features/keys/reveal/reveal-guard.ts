/** A secret that is shown once: hidden at first, and guarded until the person has copied it. */
import { useBeforeLeave } from "@solidjs/router";
import { type Accessor, createEffect, createSignal, onCleanup } from "solid-js";

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

/** The state of a dialog that shows a secret once. `onDone` is called when the person closes it. */
export function createReveal(onDone: () => void) {
	const [shown, setShown] = createSignal(false);
	/** The person has copied the secret, or has confirmed that they don't need it. */
	const [safe, setSafe] = createSignal(false);
	/** The browser does not allow the page to copy. */
	const [refused, setRefused] = createSignal(false);
	/** What the person wanted to do before copying; waits for confirmation. */
	const [leave, setLeave] = createSignal<(() => void) | null>(null);
	let whole: HTMLElement | undefined;

	const ask = (go: () => void) => setLeave(() => go);
	guardLeaving(() => !safe(), ask);
	return {
		shown,
		toggle: () => setShown(!shown()),
		safe,
		setSafe,
		copied: () => setSafe(true),
		refused,
		/** Takes the element with the whole secret, which exists while it is shown. */
		setWhole: (element: HTMLElement) => {
			whole = element;
		},
		copyByHand: () => {
			setRefused(true);
			setShown(true);
			if (whole) getSelection()?.selectAllChildren(whole);
		},
		finish: () => {
			if (safe()) onDone();
			else ask(onDone);
		},
		leave,
		stay: () => setLeave(null),
		go: (leaving: () => void) => {
			setSafe(true);
			leaving();
		},
	};
}
