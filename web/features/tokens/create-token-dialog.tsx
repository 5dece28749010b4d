import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, createUniqueId, For } from "solid-js";
import { createStore } from "solid-js/store";
import { TOKEN_PERMISSIONS, type TokenPermission } from "../../../db/enums.ts";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { isPassing, type Problem } from "../../api/problem.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { tokensQuery } from "../../api/queries.ts";
import type { IssuedToken } from "../../api/types.ts";
import { formatDate } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choice, ChoiceGroup, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { EXPIRY_DAYS, inDays } from "../keys/form/expiry.ts";
import { guardLeaving } from "../keys/reveal/reveal-guard.ts";
import {
	newTokenDraft,
	type TokenErrors,
	type TokenField,
	tokenErrors,
	tokenErrorsFromService,
	tokenInput,
} from "./token-draft.ts";
import styles from "./tokens.module.css";

/** The form for a new token. `onCreated` gets the only copy of it. */
export function CreateTokenDialog(props: { onCreated: (issued: IssuedToken) => void; onClose: () => void }) {
	const client = useQueryClient();
	const now = useNow();
	const formId = createUniqueId();
	const days = createUniqueId();
	const words = () => t().tokens.form;
	const [draft, setDraft] = createStore(newTokenDraft());
	const [errors, setErrors] = createSignal<TokenErrors>({});
	let form: HTMLFormElement | undefined;
	let name: HTMLInputElement | undefined;

	const create = createAction(async () => {
		props.onCreated(await api.tokens.create.mutate(tokenInput(draft)));
		return true;
	});
	// The response will carry the only copy of the token.
	guardLeaving(create.busy, () => {});

	const edit = (field: TokenField, change: Partial<typeof draft>) => {
		setDraft(change);
		setErrors({ ...errors(), [field]: undefined });
		create.reset();
	};
	/** Once a field is left, it shows its error. */
	const touch = (field: TokenField) => setErrors({ ...errors(), [field]: tokenErrors(draft)[field] });
	const toggle = (permission: TokenPermission, on: boolean) => {
		const chosen = TOKEN_PERMISSIONS.filter((known) => (known === permission ? on : draft.permissions.includes(known)));
		edit("permissions", { permissions: chosen });
	};
	const focusFirstError = () => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	const submit = async () => {
		const found = tokenErrors(draft);
		setErrors(found);
		if (Object.keys(found).length > 0) return focusFirstError();
		const created = await create.run();
		const problem = create.problem();
		if (problem) setErrors(tokenErrorsFromService(problem.details, draft));
		// Also without a response: the token may exist.
		if (created || (problem && isPassing(problem))) void client.invalidateQueries({ queryKey: tokensQuery().queryKey });
	};
	/** Errors that are not shown at a field. */
	const rest = (): Problem | null => (Object.values(errors()).some(Boolean) ? null : create.problem());

	return (
		<Dialog
			open
			wide
			ignoreOutsideClick
			busy={create.busy()}
			closeLabel={t().common.close}
			onClose={() => props.onClose()}
			focusFirst={() => name}
			title={words().title}
			footer={
				<>
					<Button onClick={() => props.onClose()} disabled={create.busy()}>
						{t().common.cancel}
					</Button>
					<Button type="submit" form={formId} variant="primary" busy={create.busy()}>
						{create.busy() ? words().submitting : words().submit}
					</Button>
				</>
			}
		>
			<form
				id={formId}
				ref={form}
				class={styles.form}
				noValidate
				method="post"
				onSubmit={(event) => {
					event.preventDefault();
					void submit();
				}}
			>
				<TextField
					ref={(element) => (name = element)}
					label={words().name}
					hint={words().nameHint}
					error={errors().name}
					value={draft.name}
					onInput={(event) => edit("name", { name: event.currentTarget.value })}
					onBlur={() => draft.name !== "" && touch("name")}
					required
				/>
				<ChoiceGroup label={words().permissions} error={errors().permissions}>
					<For each={TOKEN_PERMISSIONS}>
						{(permission) => (
							<Choice
								type="checkbox"
								label={<code>{permission}</code>}
								hint={t().tokens.permissions[permission]}
								checked={draft.permissions.includes(permission)}
								aria-invalid={errors().permissions !== undefined}
								onChange={(event) => toggle(permission, event.currentTarget.checked)}
							/>
						)}
					</For>
				</ChoiceGroup>
				<ChoiceGroup label={words().expiry}>
					<div class={styles.lives}>
						<For each={EXPIRY_DAYS}>
							{(count) => (
								<Choice
									type="radio"
									name={days}
									label={t().create.days(count)}
									hint={t().create.until(formatDate(inDays(count, now())))}
									checked={draft.days === count}
									onChange={() => setDraft({ days: count })}
								/>
							)}
						</For>
					</div>
				</ChoiceGroup>
				<TextArea
					mono
					label={words().addresses}
					hint={words().addressesHint}
					error={errors().ip_allowlist}
					value={draft.addresses}
					onInput={(event) => edit("ip_allowlist", { addresses: event.currentTarget.value })}
					onBlur={() => touch("ip_allowlist")}
				/>
				<ProblemNote problem={rest()} />
				<div role="status">{rest()?.code === "UNREACHABLE" && <Notice tone="calm">{words().noAnswer}</Notice>}</div>
			</form>
		</Dialog>
	);
}
