import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, createSignal, createUniqueId, Match, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import { createAction } from "../../../api/action.ts";
import { keyChanged, refreshLists } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { problemOf } from "../../../api/problem.ts";
import { dataOf, keyQuery } from "../../../api/queries.ts";
import type { ApiKey } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { serverNow } from "../../../server-time.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { type ChangedSetting, changedByOthers, takeTheirs } from "./edit-conflict.ts";
import { EditConflict } from "./edit-conflict-view.tsx";
import { ExpiryField } from "./expiry-field.tsx";
import styles from "./key-form.module.css";
import { changesOf, draftOf } from "./key-form-draft.ts";
import { errorsFromService, errorsOfChanged } from "./key-form-errors.ts";
import { AddressesField, NameField, RateLimitField, ScopesField } from "./key-form-fields.tsx";
import { showOptimistically } from "./key-form-optimistic.ts";
import { FormProblem } from "./key-form-problem.tsx";
import { createKeyForm } from "./key-form-state.ts";
import { lostAccessWarnings } from "./key-form-warnings.ts";

/** Another person has changed the key since the form was opened. */
interface Conflict {
	theirs: ApiKey;
	changed: ChangedSetting[];
}

/** Edits the settings of a key, except its environment, which is part of the key itself. Sends only what differs. */
export default function EditDialog(props: KeyDialogProps) {
	const client = useQueryClient();
	// A copy from when the dialog opened: a refetch must not overwrite what the person types.
	const [base, setBase] = createSignal<ApiKey>(structuredClone(unwrap(props.keys[0])));
	const { id } = base();
	const formId = createUniqueId();
	const form = createKeyForm(draftOf(base(), formatNumber), (draft) => errorsOfChanged(id, draft, serverNow()));
	const detail = useQuery(() => keyQuery(id));
	const changes = () => changesOf(base(), form.draft, serverNow());
	const warnings = createMemo(() => lostAccessWarnings(base(), changes(), dataOf(detail)));
	const [conflict, setConflict] = createSignal<Conflict | null>(null);
	const [isRevoked, setRevoked] = createSignal(false);

	/** Saves, or returns the key as another person has changed it meanwhile. */
	const save = createAction(async (): Promise<ApiKey | null> => {
		const undo = showOptimistically(client, base(), changes());
		try {
			const { version: expected_version } = base();
			keyChanged(client, await api.keys.update.mutate({ id, ...changes(), expected_version }));
			return null;
		} catch (error) {
			undo();
			if (problemOf(error).code !== "CONFLICT") throw error;
			const theirs = await api.keys.get.query({ id });
			keyChanged(client, theirs);
			return theirs;
		}
	});
	const submit = async (element: HTMLFormElement | undefined) => {
		if (Object.keys(changes()).length === 0) return props.onClose();
		const theirs = await save.run();
		const problem = save.problem();
		if (theirs) return compare(theirs, element);
		if (!problem) {
			notify(t().create.edit.saved(form.draft.name.trim()));
			if (save.abandoned()) return;
			props.onDone();
			return props.onClose();
		}
		if (element) form.showServiceErrors(errorsFromService(problem.details, form.draft).errors, element);
		// The page may show an outdated key: it has changed meanwhile, or only the response to this change was lost.
		if (problem.code !== "VALIDATION_ERROR") {
			void client.invalidateQueries({ queryKey: keyQuery(id).queryKey });
			refreshLists(client);
		}
	};
	const compare = (theirs: ApiKey, element: HTMLFormElement | undefined) => {
		if (theirs.status === "revoked") return setRevoked(true);
		const changed = changedByOthers(base(), theirs, form.draft, serverNow());
		const isKnown = base().version === theirs.version;
		form.edit(
			null,
			takeTheirs(
				theirs,
				changed.flatMap(({ setting, mine }) => (mine === undefined ? setting : [])),
				formatNumber,
			),
		);
		setBase(theirs);
		if (changed.length > 0) setConflict({ theirs, changed });
		// The list showed an older version with the same settings.
		else if (!isKnown) void submit(element);
	};
	const bothChanged = () => conflict()?.changed.filter(({ mine }) => mine !== undefined) ?? [];
	const keepTheirs = ({ theirs }: Conflict) => {
		form.edit(
			null,
			takeTheirs(
				theirs,
				bothChanged().map(({ setting }) => setting),
				formatNumber,
			),
		);
		setConflict(null);
	};
	const saveMine = () => {
		setConflict(null);
		void submit(undefined);
	};

	return (
		<Dialog
			open
			wide
			ignoreOutsideClick
			busy={save.busy()}
			onClose={props.onClose}
			title={t().create.edit.title(base().name)}
			description={t().create.edit.effect}
			returnFocusTo={props.returnFocusTo}
			footer={
				<>
					<Button onClick={props.onClose} disabled={save.busy()}>
						{t().common.cancel}
					</Button>
					<Show
						when={conflict()}
						fallback={
							<Button type="submit" form={formId} variant="primary" busy={save.busy()}>
								{save.busy() ? t().create.edit.saving : t().create.edit.save}
							</Button>
						}
					>
						{(found) => (
							<>
								<Show when={bothChanged().length > 0}>
									<Button onClick={() => keepTheirs(found())}>{t().create.edit.conflict.keepTheirs}</Button>
								</Show>
								<Button variant="primary" onClick={saveMine}>
									{t().create.edit.conflict.saveMine}
								</Button>
							</>
						)}
					</Show>
				</>
			}
		>
			<Show
				when={conflict()}
				fallback={
					<form
						id={formId}
						class={styles.form}
						onSubmit={(event) => {
							event.preventDefault();
							if (!save.busy() && form.submit(event.currentTarget)) void submit(event.currentTarget);
						}}
						noValidate
						method="post"
					>
						<NameField form={form} />
						<ScopesField form={form} />
						<RateLimitField form={form} />
						<ExpiryField form={form} current={base()} />
						<AddressesField form={form} />
					</form>
				}
			>
				{(found) => <EditConflict changed={found().changed} />}
			</Show>
			<div class={styles.end}>
				<div role="status">
					<Show when={warnings().length > 0}>
						<Notice tone="calm">{warnings().join(" ")}</Notice>
					</Show>
				</div>
				<Switch fallback={<FormProblem problem={save.problem()} draft={form.draft} />}>
					<Match when={isRevoked()}>
						<div role="alert">
							<Notice tone="danger">{t().create.edit.revoked}</Notice>
						</div>
					</Match>
				</Switch>
			</div>
		</Dialog>
	);
}
