/** How the list and a key's page start an action on keys. The provider is in actions.tsx. */
import { createContext, useContext } from "solid-js";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";

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

export interface Started {
	kind: "edit" | "revoke" | "delete";
	keys: KeyDialogProps["keys"];
	/** Called when it was done. */
	onDone?: () => void;
	/** Where focus goes afterwards, such as the menu's button of the row. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}

interface KeyActions {
	start: (action: Started) => void;
}

export const ActionsContext = createContext<KeyActions>();

export function useKeyActions(): KeyActions {
	const actions = useContext(ActionsContext);
	if (!actions) throw new Error("useKeyActions must be used inside a KeyActionsProvider");
	return actions;
}
