import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, createUniqueId, Show } from "solid-js";
import { unwrap } from "solid-js/store";
import { createAction } from "../../../api/action.ts";
import { keyChanged, refreshLists } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { dataOf, keyQuery } from "../../../api/queries.ts";
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
import { errorsFromService, errorsOfChanged } from "./key-form-errors.ts";
import { AddressesField, NameField, RateLimitField, ScopesField } from "./key-form-fields.tsx";
import { showOptimistically } from "./key-form-optimistic.ts";
import { FormProblem } from "./key-form-problem.tsx";
import { createKeyForm } from "./key-form-state.ts";
import { lostAccessWarnings } from "./key-form-warnings.ts";

/** Edits the settings of a key, except its environment, which is part of the key itself. Sends only what differs. */
export default function EditDialog(props: KeyDialogProps) {
	const client = useQueryClient();
	// A copy from when the dialog opened: a refetch must not overwrite what the person types.
	const key = structuredClone(unwrap(props.keys[0]));
	const formId = createUniqueId();
	const form = createKeyForm(draftOf(key, formatNumber), (draft) => errorsOfChanged(key.id, draft, serverNow()));
	const detail = useQuery(() => keyQuery(key.id));
	const warnings = createMemo(() => lostAccessWarnings(key, changesOf(key, form.draft, serverNow()), dataOf(detail)));

	const save = createAction(async (changes: ReturnType<typeof changesOf>) => {
		const undo = showOptimistically(client, key, changes);
		try {
			keyChanged(client, await api.keys.update.mutate({ id: key.id, ...changes }));
		} catch (error) {
			undo();
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
		form.showServiceErrors(errorsFromService(problem.details, form.draft).errors, element);
		// The page may show an outdated key: it has changed meanwhile, or only the response to this change was lost.
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
			ignoreOutsideClick
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
					<Show when={warnings().length > 0}>
						<Notice tone="calm">{warnings().join(" ")}</Notice>
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
