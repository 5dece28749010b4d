/** What can be done to keys from the list and from their own screen. The dialogs are loaded when first opened. */
import { type Component, createContext, createSignal, type JSX, Show, useContext } from "solid-js";
import { Dynamic } from "solid-js/web";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { loadPart } from "../../ui/part.ts";

/** What every one of these dialogs gets. Mounted is open. */
export interface KeyDialogProps {
	/** At least one; more than one only to revoke. */
	keys: [ApiKey, ...ApiKey[]];
	/** Closed, done or not. */
	onClose: () => void;
	/** It was done; called before `onClose`. */
	onDone: () => void;
	/** Where focus goes when the dialog closes. */
	returnFocusTo: () => HTMLElement | null | undefined;
}

const DIALOGS = {
	edit: () => import("./form/edit-dialog.tsx"),
	revoke: () => import("./revoke-delete/revoke-dialog.tsx"),
	delete: () => import("./revoke-delete/delete-dialog.tsx"),
} satisfies Record<string, () => Promise<{ default: Component<KeyDialogProps> }>>;

interface Started {
	kind: keyof typeof DIALOGS;
	keys: KeyDialogProps["keys"];
	/** Called when it was done. */
	onDone?: () => void;
	/** Where focus goes afterwards, such as the menu's button of the row. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}

interface KeyActions {
	start: (action: Started) => void;
}

const ActionsContext = createContext<KeyActions>();

export function useKeyActions(): KeyActions {
	const actions = useContext(ActionsContext);
	if (!actions) throw new Error("useKeyActions must be used inside a KeyActionsProvider");
	return actions;
}

export function KeyActionsProvider(props: { children: JSX.Element }) {
	const [started, setStarted] = createSignal<{ action: Started; dialog: Component<KeyDialogProps> } | null>(null);
	let wanted: Started | undefined;
	const start = async (action: Started) => {
		wanted = action;
		const dialog = await loadPart(DIALOGS[action.kind]);
		// What was asked for last counts, whichever is there first.
		if (dialog && wanted === action) setStarted({ action, dialog });
	};
	return (
		<ActionsContext.Provider value={{ start: (action) => void start(action) }}>
			{props.children}
			<Show when={started()} keyed>
				{({ action, dialog }) => (
					<Dynamic
						component={dialog}
						keys={action.keys}
						onClose={() => setStarted(null)}
						onDone={() => action.onDone?.()}
						returnFocusTo={() => action.returnFocusTo?.()}
					/>
				)}
			</Show>
		</ActionsContext.Provider>
	);
}
