import { type ComponentProps, createUniqueId, type JSX, Show, splitProps } from "solid-js";
import styles from "./field.module.css";
import { Icon } from "./icon.tsx";

interface FieldProps {
	label: string;
	/** Help before typing. */
	hint?: JSX.Element;
	/** What is wrong and what to do. Announced when it appears. */
	error?: string | undefined;
}

/** Hint and error below a control or group, tied to it by `aria-describedby`. */
function Explanation(props: { id: string; hint: JSX.Element; error: string | undefined }) {
	return (
		<>
			<Show when={props.hint}>
				<div id={`${props.id}-hint`} class="secondary">
					{props.hint}
				</div>
			</Show>
			<FieldError id={`${props.id}-error`} error={props.error} />
		</>
	);
}

/** What is wrong with a field. The field names it in `aria-describedby`. */
export function FieldError(props: { id: string; error: string | undefined }) {
	return (
		<div id={props.id} class={styles.error} aria-live="polite">
			<Show when={props.error}>
				<Icon name="warning" />
				<span>{props.error}</span>
			</Show>
		</div>
	);
}

/** Label, hint and error of one control. */
function Field(
	props: FieldProps & { children: (ids: { id: string; describedBy: string; invalid: boolean }) => JSX.Element },
) {
	const id = createUniqueId();
	return (
		<div class={styles.field}>
			<label class={styles.label} for={id}>
				{props.label}
			</label>
			{props.children({
				id,
				get describedBy() {
					return `${id}-hint ${id}-error`;
				},
				get invalid() {
					return Boolean(props.error);
				},
			})}
			<Explanation id={id} hint={props.hint} error={props.error} />
		</div>
	);
}

/** One line of text. */
export function TextField(props: FieldProps & { mono?: boolean } & ComponentProps<"input">) {
	const [field, own, rest] = splitProps(props, ["label", "hint", "error"], ["mono", "class"]);
	return (
		<Field {...field}>
			{(ids) => (
				<input
					type="text"
					autocomplete="off"
					{...rest}
					id={ids.id}
					class={[styles.control, own.mono && styles.mono, own.class].filter(Boolean).join(" ")}
					aria-describedby={ids.describedBy}
					aria-invalid={ids.invalid}
				/>
			)}
		</Field>
	);
}

/** Several lines of text. */
export function TextArea(props: FieldProps & { mono?: boolean } & ComponentProps<"textarea">) {
	const [field, own, rest] = splitProps(props, ["label", "hint", "error"], ["mono", "class"]);
	return (
		<Field {...field}>
			{(ids) => (
				<textarea
					rows={3}
					autocomplete="off"
					spellcheck={false}
					{...rest}
					id={ids.id}
					class={[styles.control, styles.area, own.mono && styles.mono, own.class].filter(Boolean).join(" ")}
					aria-describedby={ids.describedBy}
					aria-invalid={ids.invalid}
				/>
			)}
		</Field>
	);
}

/** A select. Options are children, as in HTML. */
export function SelectField(props: FieldProps & ComponentProps<"select">) {
	const [field, own, rest] = splitProps(props, ["label", "hint", "error"], ["class"]);
	return (
		<Field {...field}>
			{(ids) => (
				<select
					{...rest}
					id={ids.id}
					class={[styles.control, styles.select, own.class].filter(Boolean).join(" ")}
					aria-describedby={ids.describedBy}
					aria-invalid={ids.invalid}
				/>
			)}
		</Field>
	);
}

/** Choices with a common label. */
export function ChoiceGroup(props: FieldProps & { children: JSX.Element }) {
	const id = createUniqueId();
	return (
		<fieldset class={styles.field} aria-describedby={`${id}-hint ${id}-error`}>
			<legend class={styles.label}>{props.label}</legend>
			<div class={styles.choices}>{props.children}</div>
			<Explanation id={id} hint={props.hint} error={props.error} />
		</fieldset>
	);
}

/** A radio button or checkbox with its label, and a hint about what it means. */
export function Choice(
	props: { type: "radio" | "checkbox"; label: JSX.Element; hint?: JSX.Element } & Omit<ComponentProps<"input">, "type">,
) {
	const [own, rest] = splitProps(props, ["label", "hint", "class"]);
	const id = createUniqueId();
	return (
		<div class={[styles.choice, own.class].filter(Boolean).join(" ")}>
			<input {...rest} id={id} aria-describedby={own.hint ? `${id}-hint` : undefined} />
			<div>
				<label for={id}>{own.label}</label>
				<Show when={own.hint}>
					<div id={`${id}-hint`} class="secondary">
						{own.hint}
					</div>
				</Show>
			</div>
		</div>
	);
}

/** Radio buttons that look like one control: Live | Test. */
export function Segmented<T extends string>(props: {
	label: string;
	options: readonly { value: T; label: string }[];
	value: T;
	onChange: (value: T) => void;
}) {
	const name = createUniqueId();
	return (
		<fieldset class={styles.segmented}>
			<legend class="visually-hidden">{props.label}</legend>
			{props.options.map((option) => (
				<label class={styles.segment}>
					<input
						type="radio"
						class="visually-hidden"
						name={name}
						value={option.value}
						checked={props.value === option.value}
						onChange={() => props.onChange(option.value)}
					/>
					<span>{option.label}</span>
				</label>
			))}
		</fieldset>
	);
}
