/** Keys that work on every screen, and a list of them behind `?`. */
import { useLocation, useNavigate } from "@solidjs/router";
import { createContext, createSignal, type JSX, onCleanup, onMount, Show, useContext } from "solid-js";
import { Dynamic } from "solid-js/web";
import { shortcutsOn } from "../preferences.ts";
import { HOME, NEW_KEY } from "../session/local-path.ts";
import { mayManageKeys, useSession } from "../session/session.tsx";
import { loadPart } from "../ui/part.ts";

const loadDialog = () => import("./shortcuts-dialog.tsx");
type ShortcutsDialog = Awaited<ReturnType<typeof loadDialog>>["default"];

interface Shortcuts {
	/** Shows the list of keys. */
	show: () => void;
}

const ShortcutContext = createContext<Shortcuts>();

/** The list of keys, for whoever has no keyboard at hand to press `?` on. */
export function useShortcuts(): Shortcuts {
	const shortcuts = useContext(ShortcutContext);
	if (!shortcuts) throw new Error("useShortcuts must be used inside a ShortcutProvider");
	return shortcuts;
}

/** Somebody is typing, or a dialog or menu has the keyboard. */
function isTaken(target: EventTarget | null): boolean {
	if (!(target instanceof Element)) return false;
	return (
		target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null ||
		document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null
	);
}

/** Whether the press is that of a shortcut: with nothing held down but what it takes to write the character. */
export function isShortcut(event: KeyboardEvent, key: string): boolean {
	if (event.key !== key || event.defaultPrevented || !shortcutsOn()) return false;
	// AltGr, which writes `/` or `?` on some keyboards, is Ctrl and Alt on Windows.
	if (event.getModifierState("AltGraph")) return true;
	return !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** Runs `run` when `key` is pressed and nobody is typing, for as long as the caller lives. */
export function useShortcut(key: string, run: () => void): void {
	const listen = (event: KeyboardEvent) => {
		if (!isShortcut(event, key) || isTaken(event.target)) return;
		event.preventDefault();
		run();
	};
	onMount(() => document.addEventListener("keydown", listen));
	onCleanup(() => document.removeEventListener("keydown", listen));
}

export function ShortcutProvider(props: { children: JSX.Element }) {
	const session = useSession();
	const navigate = useNavigate();
	const route = useLocation();
	const [dialog, setDialog] = createSignal<ShortcutsDialog | null>(null);
	const show = async () => {
		const loaded = await loadPart(loadDialog);
		setDialog(() => loaded);
	};
	useShortcut("?", () => void show());
	useShortcut("c", () => {
		if (!mayManageKeys(session()) || route.pathname === NEW_KEY) return;
		// From the list of test keys to a test key.
		const test = route.pathname === HOME && route.query.env === "test";
		navigate(test ? `${NEW_KEY}?env=test` : NEW_KEY);
	});
	return (
		<ShortcutContext.Provider value={{ show: () => void show() }}>
			{props.children}
			<Show when={dialog()}>{(component) => <Dynamic component={component()} onClose={() => setDialog(null)} />}</Show>
		</ShortcutContext.Provider>
	);
}
