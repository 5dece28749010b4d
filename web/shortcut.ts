/** Keyboard shortcuts of one character. */
import { onCleanup, onMount } from "solid-js";
import { shortcutsOn } from "./preferences.ts";

/** True while the person types, or while a dialog or menu has the keyboard. */
function isKeyboardTaken(target: EventTarget | null): boolean {
	if (!(target instanceof Element)) return false;
	return (
		target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null ||
		document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null
	);
}

/** Whether the event is this shortcut: the character, with no modifier except what writes the character. */
export function isShortcut(event: KeyboardEvent, key: string): boolean {
	if (event.key !== key || event.defaultPrevented || !shortcutsOn()) return false;
	// Some keyboards need AltGr for `/` or `?`, and Windows reports AltGr as Ctrl and Alt.
	if (event.getModifierState("AltGraph")) return true;
	return !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** Calls `run` when `key` is pressed outside of text fields, as long as the caller is mounted. */
export function useShortcut(key: string, run: () => void): void {
	const listen = (event: KeyboardEvent) => {
		if (!isShortcut(event, key) || isKeyboardTaken(event.target)) return;
		event.preventDefault();
		run();
	};
	onMount(() => document.addEventListener("keydown", listen));
	onCleanup(() => document.removeEventListener("keydown", listen));
}
