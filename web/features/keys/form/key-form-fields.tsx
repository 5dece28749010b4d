/** The fields that the forms to create and to edit a key share. */
import { createUniqueId, For, Show } from "solid-js";
import { SCOPES, type Scope } from "../../../../db/enums.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Choice, ChoiceGroup, FieldError, TextArea, TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import styles from "./key-form.module.css";
import { parseCount } from "./key-form-draft.ts";
import type { KeyForm } from "./key-form-state.ts";

interface FieldProps {
	form: KeyForm;
}

export function NameField(props: FieldProps & { hint?: string; ref?: (element: HTMLInputElement) => void }) {
	return (
		<TextField
			ref={(element) => props.ref?.(element)}
			label={t().create.name}
			hint={props.hint}
			error={props.form.error("name")}
			value={props.form.draft.name}
			onInput={(event) => props.form.edit("name", { name: event.currentTarget.value })}
			onBlur={() => props.form.touch("name")}
			required
		/>
	);
}

/** The scopes with what each grants, and apart from them the choice "unrestricted". */
export function ScopesField(props: FieldProps & { hint?: string }) {
	const chosen = (scope: Scope) => props.form.draft.unrestricted || props.form.draft.scopes.includes(scope);
	const toggle = (scope: Scope, on: boolean) => {
		const { scopes } = props.form.draft;
		props.form.edit("scopes", { scopes: SCOPES.filter((known) => (known === scope ? on : scopes.includes(known))) });
	};
	return (
		<ChoiceGroup label={t().create.scopes} error={props.form.error("scopes")}>
			<Show when={props.hint}>
				<p class="secondary">{props.hint}</p>
			</Show>
			<For each={SCOPES}>
				{(scope) => (
					<Choice
						type="checkbox"
						class={styles.scope ?? ""}
						label={<code>{scope}</code>}
						hint={t().keys.scopeGrants[scope]}
						checked={chosen(scope)}
						disabled={props.form.draft.unrestricted}
						aria-invalid={props.form.error("scopes") !== undefined}
						onChange={(event) => toggle(scope, event.currentTarget.checked)}
						onBlur={() => props.form.touch("scopes")}
					/>
				)}
			</For>
			<div class={styles.apart}>
				<Choice
					type="checkbox"
					class={styles.scope ?? ""}
					label={t().create.unrestricted}
					hint={t().create.unrestrictedHint}
					checked={props.form.draft.unrestricted}
					onChange={(event) =>
						props.form.edit("scopes", { unrestricted: event.currentTarget.checked, understood: false })
					}
				/>
				<div role="status" class={styles.aside}>
					<Show when={props.form.draft.unrestricted}>
						<Notice tone="warning">{t().create.unrestrictedWarning}</Notice>
					</Show>
				</div>
				<Show when={props.form.draft.unrestricted}>
					<Understood form={props.form} />
				</Show>
			</div>
		</ChoiceGroup>
	);
}

/** A confirmation that the person has to tick, so that no key becomes unrestricted by accident. */
function Understood(props: FieldProps) {
	const id = createUniqueId();
	return (
		<div class={styles.understood}>
			<Choice
				type="checkbox"
				class={styles.choice ?? ""}
				label={t().create.understood}
				checked={props.form.draft.understood}
				required
				aria-invalid={props.form.error("understood") !== undefined}
				aria-errormessage={id}
				onChange={(event) => props.form.edit("understood", { understood: event.currentTarget.checked })}
			/>
			<FieldError id={id} error={props.form.error("understood")} />
		</div>
	);
}

export function RateLimitField(props: FieldProps) {
	/** Formats the number in the reader's language once it is valid. */
	const settle = () => {
		const count = parseCount(props.form.draft.rateLimit);
		if (!Number.isNaN(count)) props.form.edit(null, { rateLimit: formatNumber(count) });
		props.form.touch("rate_limit");
	};
	return (
		<TextField
			class={styles.count ?? ""}
			label={t().create.rateLimit}
			hint={t().create.rateLimitHint}
			error={props.form.error("rate_limit")}
			inputmode="numeric"
			value={props.form.draft.rateLimit}
			onInput={(event) => props.form.edit("rate_limit", { rateLimit: event.currentTarget.value })}
			onBlur={settle}
			required
		/>
	);
}

/** Closed by default, since most keys have no allow-list. Open if the key has one. */
export function AddressesField(props: FieldProps) {
	// Read once, so that emptying the field does not close it.
	const isFilled = props.form.draft.addresses !== "";
	return (
		<details class={styles.advanced} open={isFilled}>
			<summary class={styles.summary}>{t().create.advanced}</summary>
			<TextArea
				mono
				label={t().create.addresses}
				hint={t().create.addressesHint}
				error={props.form.error("ip_allowlist")}
				value={props.form.draft.addresses}
				onInput={(event) => props.form.edit("ip_allowlist", { addresses: event.currentTarget.value })}
				onBlur={() => props.form.touch("ip_allowlist")}
			/>
		</details>
	);
}
