import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, Show } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { keyRemoved } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import { dataOf, keyQuery } from "../../../api/queries.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import { type KeyDialogProps, useKeyActions } from "../key-actions.ts";
import { hasEnded, keyHint, keyState } from "../key-state.ts";
import styles from "./revoke-delete.module.css";
import { isSameName } from "./typed-text.ts";
import { UsageSentence } from "./usage-summary.tsx";

/** Recommends revoking the key instead, and deletes it once its name has been typed. */
export default function DeleteDialog(props: KeyDialogProps) {
	const client = useQueryClient();
	const actions = useKeyActions();
	const now = useNow(1_000);
	const live = useQuery(() => keyQuery(props.keys[0].id));
	const key = () => dataOf(live) ?? props.keys[0];
	const stillWorks = () => !hasEnded(keyState(key(), now()));
	const [typed, setTyped] = createSignal("");
	const remove = createAction(() => api.keys.delete.mutate({ id: key().id }));
	const submit = async () => {
		const { id, name } = key();
		const deleted = await remove.run();
		const wasGone = remove.problem()?.code === "NOT_FOUND";
		if (!deleted && !wasGone) return;
		notify(wasGone ? t().revokeDelete.remove.gone(name) : t().revokeDelete.remove.done(name));
		if (!remove.abandoned()) {
			props.onDone();
			props.onClose();
		}
		// Last: a screen of this key that is still open would fetch it again.
		keyRemoved(client, id);
	};
	return (
		<Dialog
			open
			busy={remove.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={t().revokeDelete.remove.title(key().name)}
			description={
				<div class={styles.stack}>
					<p>
						<code>{keyHint(key())}</code>
					</p>
					<Show when={stillWorks()}>
						<UsageSentence apiKey={key()} live={live} now={now} />
						<p>{t().revokeDelete.remove.stops}</p>
					</Show>
					<p>{t().revokeDelete.remove.lost}</p>
				</div>
			}
			footer={
				<>
					<Button onClick={props.onClose} disabled={remove.busy()}>
						{t().common.cancel}
					</Button>
					<Button
						variant="danger"
						busy={remove.busy()}
						disabled={!isSameName(typed(), key().name)}
						onClick={() => void submit()}
					>
						{remove.busy() ? t().revokeDelete.remove.busy : t().revokeDelete.remove.submit}
					</Button>
				</>
			}
		>
			<Show when={stillWorks()}>
				<Notice tone="warning">
					<div class={styles.better}>
						<p>{t().revokeDelete.remove.betterRevoke}</p>
						<Button
							disabled={remove.busy()}
							onClick={() => actions.start({ kind: "revoke", keys: props.keys, returnFocusTo: props.returnFocusTo })}
						>
							{t().revokeDelete.remove.revokeInstead}
						</Button>
					</div>
				</Notice>
			</Show>
			<TextField
				label={t().revokeDelete.remove.confirm(key().name)}
				value={typed()}
				onInput={(event) => setTyped(event.currentTarget.value)}
				spellcheck={false}
				autocapitalize="off"
				autocorrect="off"
			/>
			<ProblemNote problem={remove.problem()?.code === "NOT_FOUND" ? null : remove.problem()} />
		</Dialog>
	);
}
