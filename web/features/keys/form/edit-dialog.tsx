import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, createUniqueId, Show } from "solid-js";
import { unwrap } from "solid-js/store";
import { createAction } from "../../../api/action.ts";
import { keyChanged, refreshLists } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { loaded } from "../../../api/loaded.ts";
import { keyQuery } from "../../../api/queries.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { serverNow } from "../../../server-time.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { ExpiryField } from "./expiry-field.tsx";
import styles from "./key-form.module.css";
import { changesOf, draftOf } from "./key-form-draft.ts";
import { errorsOfChanged, explainRefusal } from "./key-form-errors.ts";
import { AddressesField, NameField, RateLimitField, ScopesField } from "./key-form-fields.tsx";
import { narrowingWords } from "./key-form-narrowing.ts";
import { showAhead } from "./key-form-optimistic.ts";
import { FormProblem } from "./key-form-problem.tsx";
import { createKeyForm } from "./key-form-state.ts";

/** Changes what a key may do. Its environment is part of the key and stays. Only what differs is sent. */
export default function EditDialog(props: KeyDialogProps) {
	const client = useQueryClient();
	// As it was when the dialog opened: what comes in from the server meanwhile must not undo what is being typed.
	const key = structuredClone(unwrap(props.keys[0]));
	const formId = createUniqueId();
	const form = createKeyForm(draftOf(key, formatNumber), (draft) => errorsOfChanged(key.id, draft, serverNow()));
	const detail = useQuery(() => keyQuery(key.id));
	const narrowing = createMemo(() => narrowingWords(key, changesOf(key, form.draft, serverNow()), loaded(detail)));

	const save = createAction(async (changes: ReturnType<typeof changesOf>) => {
		const takeBack = showAhead(client, key, changes);
		try {
			keyChanged(client, await api.keys.update.mutate({ id: key.id, ...changes }));
		} catch (error) {
			takeBack();
			throw error;
		}
	});
	const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
		event.preventDefault();
		const element = event.currentTarget;
		if (save.busy() || !form.submit(element)) return;
		const changes = changesOf(key, form.draft, serverNow());
		if (Object.keys(changes).length === 0) return props.onClose();
		await save.run(changes);
		const problem = save.problem();
		if (!problem) {
			notify(t().create.edit.saved(form.draft.name.trim()));
			if (save.abandoned()) return;
			props.onDone();
			return props.onClose();
		}
		form.refuse(explainRefusal(problem.details, form.draft).errors, element);
		// What is shown of the key is not what it is, or nobody knows: an answer that was lost may have been a yes.
		if (problem.code !== "VALIDATION_ERROR") {
			void client.invalidateQueries({ queryKey: keyQuery(key.id).queryKey });
			refreshLists(client);
		}
	};
	const isRevoked = () => save.problem()?.code === "CONFLICT";

	return (
		<Dialog
			open
			wide
			steadfast
			withoutCross
			busy={save.busy()}
			onClose={props.onClose}
			title={t().create.edit.title(key.name)}
			description={t().create.edit.effect}
			returnFocusTo={props.returnFocusTo}
			footer={
				<>
					<Button onClick={props.onClose} disabled={save.busy()}>
						{t().common.cancel}
					</Button>
					<Button type="submit" form={formId} variant="primary" busy={save.busy()}>
						{save.busy() ? t().create.edit.saving : t().create.edit.save}
					</Button>
				</>
			}
		>
			<form id={formId} class={styles.form} onSubmit={submit} noValidate method="post">
				<NameField form={form} />
				<ScopesField form={form} />
				<RateLimitField form={form} />
				<ExpiryField form={form} current={key} />
				<AddressesField form={form} />
			</form>
			<div class={styles.end}>
				<div role="status">
					<Show when={narrowing().length > 0}>
						<Notice tone="calm">{narrowing().join(" ")}</Notice>
					</Show>
				</div>
				<Show when={isRevoked()} fallback={<FormProblem problem={save.problem()} draft={form.draft} />}>
					<div role="alert">
						<Notice tone="danger">{t().create.edit.revoked}</Notice>
					</div>
				</Show>
			</div>
		</Dialog>
	);
}
