import { A } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { createAction } from "../api/action.ts";
import { api } from "../api/client.ts";
import { ProblemNote } from "../api/problem-view.tsx";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { Brand, useTitle } from "../shell/shell.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import styles from "./access-link.module.css";

/** Asks for a link for a new password by mail. The service does not say whether the email has an account. */
export default function ForgotPassword() {
	const words = () => t().members.forgot;
	const [isMissing, setIsMissing] = createSignal(false);
	const [mailing, setMailing] = createSignal<boolean | null>(null);
	let input: HTMLInputElement | undefined;
	const forgot = createAction(api.passwords.forgot.mutate);
	useTitle(() => words().title);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const email = input?.value.trim() ?? "";
		setIsMissing(!/^\S+@\S+$/.test(email));
		if (isMissing()) return input?.focus();
		setMailing((await forgot.run({ email }))?.mailing ?? null);
	};
	return (
		<main class={styles.page}>
			<Brand />
			<h1>{words().title}</h1>
			<form class={styles.form} onSubmit={(event) => void submit(event)} noValidate>
				<p>{words().text}</p>
				<TextField
					ref={input}
					label={t().session.email}
					name="email"
					type="email"
					autocomplete="username"
					error={isMissing() ? t().session.emailMissing : undefined}
					onInput={() => setIsMissing(false)}
				/>
				<ProblemNote problem={forgot.problem()} />
				<Button type="submit" variant="primary" busy={forgot.busy()}>
					{forgot.busy() ? words().busy : words().submit}
				</Button>
			</form>
			<p role="status">
				<Show when={mailing() !== null}>{mailing() ? words().sent : words().noMail}</Show>
			</p>
			<p>
				<A href={paths.signIn}>{words().back}</A>
			</p>
		</main>
	);
}
