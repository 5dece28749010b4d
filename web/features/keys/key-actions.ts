/** How screens start an action on keys. The provider is in key-actions-provider.tsx. */
import { createContext, useContext } from "solid-js";
import type { ApiKey } from "../../api/types.ts";

/** Props of every such dialog. It is open while it is mounted. */
export interface KeyDialogProps {
	/** At least one. Only the revoke dialog takes more than one. */
	keys: [ApiKey, ...ApiKey[]];
	/** Called when it closes. */
	onClose: () => void;
	/** Called before `onClose` if the action was done. */
	onDone: () => void;
	/** Gets the focus when the dialog closes. */
	returnFocusTo: () => HTMLElement | null | undefined;
}

export interface StartedAction {
	kind: "edit" | "revoke" | "delete";
	keys: KeyDialogProps["keys"];
	/** Called when the action is done. */
	onDone?: () => void;
	/** Gets the focus afterwards, such as the menu button of the row. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}

interface KeyActions {
	start: (action: StartedAction) => void;
}

export const ActionsContext = createContext<KeyActions>();

export function useKeyActions(): KeyActions {
	const actions = useContext(ActionsContext);
	if (!actions) throw new Error("useKeyActions must be used inside a KeyActionsProvider");
	return actions;
}
