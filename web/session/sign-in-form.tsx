import { createSignal, onMount } from "solid-js";
import { api } from "../api/client.ts";
import { type Problem, problemOf, problemText } from "../api/problem.ts";
import type { LoggedIn } from "../api/types.ts";
import { formatSpan } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { tellOtherTabs } from "./other-tabs.ts";
import styles from "./sign-in-form.module.css";

type Missing = "email" | "password";

/**
 * Email and password. The password stays in its input and goes straight to the service: no signal and no cache holds
 * it. The session itself is in a cookie that scripts cannot read.
 */
export function SignInForm(props: { email?: string; onDone: (user: LoggedIn["user"]) => void }) {
	const [busy, setBusy] = createSignal(false);
	const [problem, setProblem] = createSignal<Problem | null>(null);
	const [missing, setMissing] = createSignal<Missing | null>(null);
	let form: HTMLFormElement | undefined;

	const input = (name: Missing): HTMLInputElement | null => form?.querySelector(`[name=${name}]`) ?? null;
	const focus = (name: Missing) => input(name)?.focus();
	onMount(() => focus(props.email ? "password" : "email"));

	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		if (busy()) return;
		const email = input("email")?.value.trim() ?? "";
		const password = input("password")?.value ?? "";
		const empty = !/^\S+@\S+$/.test(email) ? "email" : password === "" ? "password" : null;
		setMissing(empty);
		setProblem(null);
		if (empty) return focus(empty);
		setBusy(true);
		try {
			const { user } = await api.session.login.mutate({ email, password });
			tellOtherTabs(user.id);
			props.onDone(user);
		} catch (error) {
			setProblem(problemOf(error));
			focus("password");
			input("password")?.select();
		} finally {
			setBusy(false);
		}
	};

	return (
		<form class={styles.form} ref={form} onSubmit={submit} noValidate method="post">
			<div aria-live="assertive">{problem() && <SignInProblem problem={problem()} />}</div>
			<TextField
				label={t().session.email}
				name="email"
				type="email"
				autocomplete="username"
				value={props.email ?? ""}
				error={missing() === "email" ? t().session.emailMissing : undefined}
				onInput={() => setMissing(null)}
			/>
			<TextField
				label={t().session.password}
				name="password"
				type="password"
				autocomplete="current-password"
				error={missing() === "password" ? t().session.passwordMissing : undefined}
				onInput={() => setMissing(null)}
			/>
			<Button type="submit" variant="primary" busy={busy()}>
				{busy() ? t().session.signingIn : t().session.signIn}
			</Button>
		</form>
	);
}

/** Why signing in failed. The service does not say whether the email exists, so the page does not either. */
function SignInProblem(props: { problem: Problem | null }) {
	const text = () => {
		const problem = props.problem;
		if (!problem) return "";
		if (problem.code === "UNAUTHORIZED") return t().session.doNotMatch;
		if (problem.code === "RATE_LIMITED") return t().session.throttled(formatSpan((problem.retryAfter ?? 60) * 1_000));
		return problemText(problem);
	};
	return (
		<div class={styles.problem}>
			<Icon name="warning" />
			<div>
				<p>{text()}</p>
				{props.problem?.requestId && props.problem.code === "SERVER_ERROR" && (
					<p>
						{t().common.requestId} <code>{props.problem.requestId}</code>
					</p>
				)}
			</div>
		</div>
	);
}
