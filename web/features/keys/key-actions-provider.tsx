/** Opens the dialogs that edit, revoke and delete keys. Each loads when it is first opened. */
import { type Component, createSignal, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { withPart } from "../../i18n/index.ts";
import { loadModule } from "../../load-module.ts";
import { ActionsContext, type KeyDialogProps, type StartedAction } from "./key-actions.ts";

const DIALOGS = {
	// The message about a conflict with another person uses the words of the audit log.
	edit: () => withPart("audit", import("./form/edit-dialog.tsx")),
	revoke: () => import("./revoke-delete/revoke-dialog.tsx"),
	delete: () => import("./revoke-delete/delete-dialog.tsx"),
} satisfies Record<StartedAction["kind"], () => Promise<{ default: Component<KeyDialogProps> }>>;

export function KeyActionsProvider(props: { children: JSX.Element }) {
	const [started, setStarted] = createSignal<{ action: StartedAction; dialog: Component<KeyDialogProps> } | null>(null);
	let wanted: StartedAction | undefined;
	const start = async (action: StartedAction) => {
		wanted = action;
		const dialog = await loadModule(DIALOGS[action.kind]);
		// The last request wins, no matter which dialog loads first.
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
