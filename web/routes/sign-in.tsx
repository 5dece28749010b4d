import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { setSessionEnded } from "../api/query-client.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { pathAfterSignIn } from "../session/redirect.ts";
import { SignInForm } from "../session/sign-in-form.tsx";
import { Brand, useTitle } from "../shell/shell.tsx";
import styles from "./sign-in.module.css";

/** The sign-in form. Leads on to the screen that the person wanted. */
export default function SignIn() {
	const [search] = useSearchParams<{ to?: string }>();
	const navigate = useNavigate();
	const client = useQueryClient();
	useTitle(() => t().session.signIn);
	const done = () => {
		// The cache may hold data of the person who was signed in before.
		client.clear();
		setSessionEnded(false);
		navigate(pathAfterSignIn(search.to), { replace: true });
	};
	return (
		<main class={styles.page}>
			<Brand />
			<h1 class={styles.title}>{t().session.title}</h1>
			<SignInForm onDone={done} />
			<p>
				<A href={paths.forgotPassword}>{t().session.forgot}</A>
			</p>
			<p class="secondary">{t().session.noAccount}</p>
			<p>
				<A href={paths.platform}>{t().session.platform}</A>
			</p>
		</main>
	);
}
