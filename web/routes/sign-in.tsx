import { useNavigate, useSearchParams } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { t } from "../i18n/index.ts";
import { setSessionEnded } from "../session/ended.ts";
import { localPath } from "../session/local-path.ts";
import { SignInForm } from "../session/sign-in-form.tsx";
import { Brand } from "../shell/brand.tsx";
import { useTitle } from "../shell/title.ts";
import styles from "./sign-in.module.css";

/** The way in. Afterwards back to where the person was going. */
export default function SignIn() {
	const [search] = useSearchParams<{ to?: string }>();
	const navigate = useNavigate();
	const client = useQueryClient();
	useTitle(() => t().session.signIn);
	const done = () => {
		// Whatever was known belonged to whoever was signed in before.
		client.clear();
		setSessionEnded(false);
		navigate(localPath(search.to), { replace: true });
	};
	return (
		<main class={styles.page}>
			<Brand />
			<h1 class={styles.title}>{t().session.title}</h1>
			<SignInForm onDone={done} />
			<p class="secondary">{t().session.noAccount}</p>
		</main>
	);
}
