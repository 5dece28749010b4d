/** What can be done to keys from the list and from their own screen. The dialogs are loaded when first opened. */
import { createContext, createSignal, type JSX, lazy, Show, Suspense, useContext } from "solid-js";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";

const RevokeDialog = lazy(() => import("./end/revoke-dialog.tsx"));
const DeleteDialog = lazy(() => import("./end/delete-dialog.tsx"));
const EditDialog = lazy(() => import("./form/edit-dialog.tsx"));

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

interface Started {
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

const ActionsContext = createContext<KeyActions>();

export function useKeyActions(): KeyActions {
	const actions = useContext(ActionsContext);
	if (!actions) throw new Error("useKeyActions must be used inside a KeyActionsProvider");
	return actions;
}

export function KeyActionsProvider(props: { children: JSX.Element }) {
	const [started, setStarted] = createSignal<Started | null>(null);
	return (
		<ActionsContext.Provider value={{ start: setStarted }}>
			{props.children}
			<Show when={started()} keyed>
				{(action) => {
					const dialog: KeyDialogProps = {
						keys: action.keys,
						onClose: () => setStarted(null),
						onDone: () => action.onDone?.(),
						returnFocusTo: () => action.returnFocusTo?.(),
					};
					return (
						<Suspense>
							<Show when={action.kind === "edit"}>
								<EditDialog {...dialog} />
							</Show>
							<Show when={action.kind === "revoke"}>
								<RevokeDialog {...dialog} />
							</Show>
							<Show when={action.kind === "delete"}>
								<DeleteDialog {...dialog} />
							</Show>
						</Suspense>
					);
				}}
			</Show>
		</ActionsContext.Provider>
	);
}
