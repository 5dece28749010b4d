import { createSignal, onMount } from "solid-js";
import type { LoggedIn } from "../../worker/schemas/session.ts";
import { api } from "../api/client.ts";
import { explain } from "../api/explain.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import { formatSpan } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { tellOtherTabs } from "./other-tabs.ts";
import styles from "./sign-in-form.module.css";

type Missing = "email" | "password";

/**
 * Email address and password. The password lives in its input alone and goes straight to the server: no signal and no
 * cache ever holds it. `onDone` gets who it is; the session itself is in a cookie that no script can read.
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
		const lacking = !/^\S+@\S+$/.test(email) ? "email" : password === "" ? "password" : null;
		setMissing(lacking);
		setProblem(null);
		if (lacking) return focus(lacking);
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

/** Why it did not work. The server never tells whether the address exists, so neither does the page. */
function SignInProblem(props: { problem: Problem | null }) {
	const text = () => {
		const problem = props.problem;
		if (!problem) return "";
		if (problem.code === "UNAUTHORIZED") return t().session.doNotMatch;
		if (problem.code === "RATE_LIMITED") return t().session.throttled(formatSpan((problem.retryAfter ?? 60) * 1_000));
		return explain(problem);
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
