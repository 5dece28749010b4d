import { createUniqueId, For, Show } from "solid-js";
import { formatDate } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { Choice, ChoiceGroup, TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import { dayOf, EXPIRY_DAYS, type ExpiryChoice, inDays, RECOMMENDED_DAYS } from "./expiry.ts";
import styles from "./key-form.module.css";
import type { KeyForm } from "./key-form-state.ts";

/** When the key expires. For an existing key, `current` adds the choice to keep its expiry. */
export function ExpiryField(props: { form: KeyForm; current?: { expires_at: string | null } }) {
	const name = createUniqueId();
	const now = useNow();
	const expiry = () => props.form.draft.expiry;
	const choose = (choice: ExpiryChoice) => props.form.edit("expires_at", { expiry: { ...expiry(), choice } });
	const radio = (choice: ExpiryChoice) => ({
		type: "radio" as const,
		name,
		class: styles.choice ?? "",
		get checked() {
			return expiry().choice === choice;
		},
		onChange: () => choose(choice),
	});
	return (
		<ChoiceGroup label={t().create.expiry}>
			<div class={styles.lives}>
				<Show when={props.current}>
					{(current) => (
						<div class={styles.wholeRow}>
							<Choice {...radio("keep")} label={keepLabel(current().expires_at, now())} />
						</div>
					)}
				</Show>
				<For each={EXPIRY_DAYS}>
					{(days) => (
						<Choice
							{...radio(days)}
							label={
								<span class={styles.life}>
									{t().create.days(days)}{" "}
									<Show when={days === RECOMMENDED_DAYS && !props.current}>
										<span class={styles.recommended}>{t().create.recommended}</span>
									</Show>
								</span>
							}
							hint={t().create.until(formatDate(inDays(days, now())))}
						/>
					)}
				</For>
				<Choice {...radio("date")} label={t().create.onDate} />
				<Choice {...radio("never")} label={t().create.never} />
			</div>
			<Show when={expiry().choice === "date"}>
				<div>
					<TextField
						type="date"
						class={styles.date ?? ""}
						label={t().create.lastDay}
						hint={t().create.lastDayHint}
						error={props.form.error("expires_at")}
						min={dayOf(now())}
						max="9999-12-30"
						value={expiry().date}
						onInput={(event) =>
							props.form.edit("expires_at", { expiry: { choice: "date", date: event.currentTarget.value } })
						}
						onBlur={() => props.form.touch("expires_at")}
						required
					/>
				</div>
			</Show>
			<div role="status" class={styles.aside}>
				<Show when={expiry().choice === "never"}>
					<Notice tone="calm">{t().create.neverWarning}</Notice>
				</Show>
			</div>
		</ChoiceGroup>
	);
}

function keepLabel(expiresAt: string | null, now: number): string {
	if (expiresAt === null) return t().create.keepNever;
	const date = formatDate(expiresAt);
	return Date.parse(expiresAt) <= now ? t().create.keepExpired(date) : t().create.keep(date);
}
