import { createSignal, createUniqueId, For, Show } from "solid-js";
import type { AuditAction } from "../../../db/enums.ts";
import { t } from "../../i18n/index.ts";
import { useShortcut } from "../../shortcut.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { countFilters, isDay, isNarrowed, isWrongOrder, type LogFilters, NO_FILTERS } from "./log-filters.ts";
import styles from "./log-filters-bar.module.css";

/** A suggestion for the "who" filter: the value to send, and a name if people use another one. */
export interface Person {
	actor: string;
	name?: string;
}

/** The filters of the log. A choice applies at once; typed text applies when the field is left. */
export function LogFiltersBar(props: {
	filters: LogFilters;
	actions: readonly AuditAction[];
	/** Suggestions while typing. */
	people: readonly Person[];
	/** Name of the key that the log is filtered by. */
	keyName: string;
	onChange: (changed: Partial<LogFilters>) => void;
}) {
	const [open, setOpen] = createSignal(false);
	const id = createUniqueId();
	let who: HTMLDivElement | undefined;
	let panel: HTMLDivElement | undefined;
	useShortcut("/", () => {
		setOpen(true);
		who?.querySelector("input")?.focus();
	});
	const wrongOrder = () => (isWrongOrder(props.filters) ? t().audit.filters.wrongOrder : undefined);
	const chosen = (value: string) => props.people.some(({ actor }) => actor === value);
	// The focused button disappears, so the focus moves to the first field.
	const withFocusOnFirst = (changed: Partial<LogFilters>) => {
		props.onChange(changed);
		panel?.querySelector("select")?.focus();
	};

	return (
		<search class={styles.bar} aria-label={t().audit.filters.title}>
			<Button
				class={styles.toggle}
				aria-expanded={open()}
				aria-controls={`${id}-panel`}
				icon={open() ? "up" : "down"}
				onClick={() => setOpen(!open())}
			>
				{t().audit.filters.titleWith(countFilters(props.filters))}
			</Button>
			<div class={styles.panel} classList={{ [styles.open ?? ""]: open() }} id={`${id}-panel`} ref={panel}>
				<div class={styles.fields}>
					<div class={styles.what}>
						<SelectField
							label={t().audit.filters.action}
							value={props.filters.action ?? ""}
							onChange={(event) =>
								props.onChange({ action: props.actions.find((one) => one === event.currentTarget.value) ?? null })
							}
						>
							<option value="">{t().audit.filters.anyAction}</option>
							<For each={props.actions}>{(action) => <option value={action}>{t().audit.actions[action]}</option>}</For>
						</SelectField>
					</div>
					<div class={styles.who} ref={who}>
						<TextField
							label={t().audit.filters.who}
							type="search"
							maxLength={254}
							list={`${id}-people`}
							placeholder={t().audit.filters.whoHint}
							title={t().audit.filters.whoHint}
							aria-keyshortcuts="/"
							autocapitalize="off"
							spellcheck={false}
							value={props.filters.who}
							onInput={(event) => {
								const { value } = event.currentTarget;
								if (value === "" || chosen(value)) props.onChange({ who: value });
							}}
							onChange={(event) => props.onChange({ who: event.currentTarget.value })}
						/>
						<datalist id={`${id}-people`}>
							<For each={props.people}>{({ actor, name }) => <option value={actor}>{name}</option>}</For>
						</datalist>
					</div>
					<div class={styles.day}>
						<DayField
							label={t().audit.filters.from}
							value={props.filters.from}
							error={wrongOrder()}
							onChange={(from) => props.onChange({ from })}
						/>
					</div>
					<div class={styles.day}>
						<DayField
							label={t().audit.filters.to}
							value={props.filters.to}
							error={undefined}
							onChange={(to) => props.onChange({ to })}
						/>
					</div>
				</div>
				<Show when={isNarrowed(props.filters)}>
					<div class={styles.chosen}>
						<Show when={props.filters.keyId}>
							<button
								type="button"
								class={styles.chip}
								title={t().audit.filters.removeKey(props.keyName)}
								onClick={() => withFocusOnFirst({ keyId: null })}
							>
								<span>{t().audit.filters.key(props.keyName)}</span>
								<Icon name="close" />
								<span class="visually-hidden">{t().audit.filters.removeKey(props.keyName)}</span>
							</button>
						</Show>
						<Button variant="quiet" onClick={() => withFocusOnFirst(NO_FILTERS)}>
							{t().audit.filters.clear}
						</Button>
					</div>
				</Show>
			</div>
		</search>
	);
}

/** An optional date. An incomplete date changes nothing. */
function DayField(props: {
	label: string;
	value: string | null;
	error: string | undefined;
	onChange: (day: string | null) => void;
}) {
	const [unfinished, setUnfinished] = createSignal(false);
	const read = (input: HTMLInputElement) => {
		if (isDay(input.value)) props.onChange(input.value);
		// The value is also empty while the date is incomplete.
		else if (input.value === "" && !input.validity.badInput) props.onChange(null);
	};
	return (
		<TextField
			type="date"
			label={props.label}
			min="2000-01-01"
			max="2999-12-31"
			value={props.value ?? ""}
			error={unfinished() ? t().audit.filters.noDate : props.error}
			onInput={() => setUnfinished(false)}
			onChange={(event) => read(event.currentTarget)}
			onBlur={(event) => {
				const input = event.currentTarget;
				setUnfinished(input.validity.badInput || (input.value !== "" && !isDay(input.value)));
			}}
		/>
	);
}
