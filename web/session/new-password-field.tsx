import { createSignal, Show } from "solid-js";
import type { Problem } from "../api/problem.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import styles from "./sign-in-form.module.css";

/** As the service requires it. */
const MIN_CHARACTERS = 12;
const MAX_CHARACTERS = 1_024;

/** What is wrong with the length of a new password. */
export function lengthFault(password: string): string | undefined {
	if (password.length < MIN_CHARACTERS) return t().members.password.tooShort;
	return password.length > MAX_CHARACTERS ? t().members.password.tooLong : undefined;
}

/** Why the service rejected the password; undefined if the problem is another one. */
export function passwordFault({ details }: Problem, field: string): string | undefined {
	const words = t().members.password;
	const message = details.find((detail) => detail.field === field)?.message;
	if (message === undefined) return undefined;
	if (message.startsWith("Is a common password")) return words.common;
	if (message.startsWith("Must not be your name")) return words.personal;
	if (message.startsWith("Has too few")) return words.repetitive;
	return message.startsWith("Must have at most") ? words.tooLong : words.tooShort;
}

/** A new password that can be shown while it is typed. It stays in its input: no signal holds it. */
export function NewPasswordField(props: { error: string | undefined; onInput: () => void }) {
	const words = () => t().members.password;
	const [shown, setShown] = createSignal(false);
	const [length, setLength] = createSignal(0);
	const progress = () => (length() < MIN_CHARACTERS ? words().missing(MIN_CHARACTERS - length()) : words().longEnough);
	return (
		<div class={styles.newPassword}>
			<TextField
				label={words().new}
				name="new-password"
				type={shown() ? "text" : "password"}
				autocomplete="new-password"
				spellcheck={false}
				autocapitalize="off"
				hint={
					<>
						{words().hint}
						<Show when={length() > 0}>
							<div>{progress()}</div>
						</Show>
					</>
				}
				error={props.error}
				onInput={(event) => {
					setLength(event.currentTarget.value.length);
					props.onInput();
				}}
			/>
			<Button
				variant="quiet"
				aria-pressed={shown()}
				aria-label={shown() ? words().hideLabel : words().showLabel}
				onClick={() => setShown(!shown())}
			>
				{shown() ? words().hide : words().show}
			</Button>
		</div>
	);
}
