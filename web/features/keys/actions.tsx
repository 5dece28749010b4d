/** What can be done to keys from the list and from their own screen. The dialogs are loaded when first opened. */
import { type Component, createSignal, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { loadPart } from "../../ui/part.ts";
import { ActionsContext, type KeyDialogProps, type Started } from "./key-actions.ts";

const DIALOGS = {
	edit: () => import("./form/edit-dialog.tsx"),
	revoke: () => import("./revoke-delete/revoke-dialog.tsx"),
	delete: () => import("./revoke-delete/delete-dialog.tsx"),
} satisfies Record<Started["kind"], () => Promise<{ default: Component<KeyDialogProps> }>>;

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
