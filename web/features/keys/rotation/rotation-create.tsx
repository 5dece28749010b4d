import { type Accessor, createSignal, For } from "solid-js";
import { DAY_MS } from "../../../../worker/schemas/time.ts";
import type { ApiKey } from "../../../api/types.ts";
import { formatDate, formatDateTime, formatNumber, formatSpan, formatUntil } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Choice, ChoiceGroup, SelectField } from "../../../ui/field.tsx";
import styles from "./rotation.module.css";
import { lifeOf, OVERLAP_HOURS, type OverlapHours, otherLives, type RotationChoice } from "./rotation-plan.ts";

/** When the old key ends and how long the new one lives. */
export function RotationForm(props: {
	old: ApiKey;
	now: Accessor<number>;
	busy: boolean;
	onSubmit: (choice: RotationChoice) => void;
}) {
	const [overlap, setOverlap] = createSignal<OverlapHours | null>(null);
	const [days, setDays] = createSignal<number | null>(null);
	const words = () => t().rotate.create;
	const inDays = (count: number) => words().days(count, formatNumber(count));
	const onDate = (lifeMs: number) => formatDate(new Date(props.now() + lifeMs).toISOString());
	const asBefore = () => {
		const life = lifeOf(props.old);
		if (life === null) return words().asBeforeNever;
		const span = life < DAY_MS ? formatSpan(life) : inDays(Math.round(life / DAY_MS));
		return words().asBefore(span, onDate(life));
	};
	const endsHint = () => {
		const at = props.old.expires_at;
		if (at === null) return words().endsHint;
		return `${words().endsHint} ${words().endsAnyway(formatUntil(at, props.now()), formatDateTime(at))}`;
	};
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		const hours = overlap();
		const life = days();
		props.onSubmit({
			...(hours === null ? {} : { revoke_previous_after_hours: hours }),
			...(life === null ? {} : { expires_in_days: life }),
		});
	};
	return (
		<form class={styles.form} onSubmit={submit}>
			<ChoiceGroup label={words().ends} hint={endsHint()}>
				<Choice
					type="radio"
					name="ends"
					checked={overlap() === null}
					onChange={() => setOverlap(null)}
					label={words().manual}
					hint={words().manualHint}
				/>
				<For each={OVERLAP_HOURS}>
					{(hours) => (
						<Choice
							type="radio"
							name="ends"
							checked={overlap() === hours}
							onChange={() => setOverlap(hours)}
							label={words().byItself[hours]}
							hint={words().byItselfHint[hours]}
						/>
					)}
				</For>
			</ChoiceGroup>
			<div class={styles.short}>
				<SelectField
					label={words().expires}
					onChange={(event) => setDays(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}
				>
					<option value="" selected>
						{asBefore()}
					</option>
					<For each={otherLives(props.old)}>
						{(count) => <option value={count}>{words().after(inDays(count), onDate(count * DAY_MS))}</option>}
					</For>
				</SelectField>
			</div>
			<div class={styles.buttons}>
				<Button type="submit" variant={overlap() === 0 ? "danger" : "primary"} busy={props.busy}>
					{props.busy ? words().busy : overlap() === 0 ? words().submitNow : words().submit}
				</Button>
			</div>
		</form>
	);
}
