/** The list of keyboard shortcuts behind `?`, and the shortcuts that work on every screen. */
import { useLocation, useNavigate } from "@solidjs/router";
import { createContext, createSignal, type JSX, Show, useContext } from "solid-js";
import { Dynamic } from "solid-js/web";
import { loadModule } from "../load-module.ts";
import { paths } from "../paths.ts";
import { may, useSession } from "../session/session.tsx";
import { useShortcut } from "../shortcut.ts";

const loadDialog = () => import("./shortcuts-dialog.tsx");
type ShortcutsDialog = Awaited<ReturnType<typeof loadDialog>>["default"];

interface Shortcuts {
	/** Opens the list of shortcuts. */
	show: () => void;
}

const ShortcutContext = createContext<Shortcuts>();

/** Opens the list of shortcuts without a keyboard. */
export function useShortcuts(): Shortcuts {
	const shortcuts = useContext(ShortcutContext);
	if (!shortcuts) throw new Error("useShortcuts must be used inside a ShortcutProvider");
	return shortcuts;
}

export function ShortcutProvider(props: { children: JSX.Element }) {
	const session = useSession();
	const navigate = useNavigate();
	const route = useLocation();
	const [dialog, setDialog] = createSignal<ShortcutsDialog | null>(null);
	const show = async () => {
		const loaded = await loadModule(loadDialog);
		setDialog(() => loaded);
	};
	useShortcut("?", () => void show());
	useShortcut("c", () => {
		if (!may(session(), "keys:write") || route.pathname === paths.newKey) return;
		// The list of test keys leads to a test key.
		const isTestList = route.pathname === paths.keys && route.query.env === "test";
		navigate(paths.newKeyIn(isTestList ? "test" : "live"));
	});
	return (
		<ShortcutContext.Provider value={{ show: () => void show() }}>
			{props.children}
			<Show when={dialog()}>{(component) => <Dynamic component={component()} onClose={() => setDialog(null)} />}</Show>
		</ShortcutContext.Provider>
	);
}
