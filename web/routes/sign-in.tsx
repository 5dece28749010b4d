import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, onMount, Show } from "solid-js";
import { SIGN_IN_PROBLEMS, type SignInProblemCode } from "../../worker/schemas/sign-in-problem.ts";
import { meQuery } from "../api/queries.ts";
import { setSessionEnded } from "../api/query-client.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { tellOtherTabs } from "../session/other-tabs.ts";
import { pathAfterSignIn } from "../session/redirect.ts";
import { SignInWays, useSignInOptions } from "../session/sign-in-ways.tsx";
import { Brand, useTitle } from "../shell/shell.tsx";
import { FormNote } from "../ui/states.tsx";
import styles from "./sign-in.module.css";

/**
 * The sign-in screen. Leads on to the screen that the person wanted. The identity provider's callback leads here too, with
 * `done`, or with the code of a `problem`.
 */
export default function SignIn() {
	const [search, setSearch] = useSearchParams<{ to?: string; done?: string; problem?: string }>();
	const navigate = useNavigate();
	const client = useQueryClient();
	const options = useSignInOptions();
	const [completing, setCompleting] = createSignal(search.done !== undefined);
	useTitle(() => t().session.signIn);
	const done = () => {
		// The cache may hold data of the person who was signed in before.
		client.clear();
		setSessionEnded(false);
		navigate(pathAfterSignIn(search.to), { replace: true });
	};
	onMount(async () => {
		if (!completing()) return;
		try {
			const { user } = await client.fetchQuery(meQuery());
			tellOtherTabs(user.id);
			done();
		} catch {
			// Someone has opened this URL without signing in, or the browser keeps no cookies.
			setCompleting(false);
			setSearch({ done: undefined, problem: "outdated" }, { replace: true });
		}
	});
	const problem = (): SignInProblemCode | undefined => SIGN_IN_PROBLEMS.find((code) => code === search.problem);
	return (
		<main class={styles.page}>
			<Brand />
			<h1 class={styles.title}>{t().session.title}</h1>
			<div aria-live="assertive">
				<Show when={problem()}>
					{(code) => (
						<FormNote>
							<p>{t().signIn.problems[code()](options()?.provider?.name ?? "SalesOS")}</p>
						</FormNote>
					)}
				</Show>
			</div>
			<Show when={!completing()} fallback={<p role="status">{t().signIn.completing}</p>}>
				<SignInWays options={options()} to={search.to} onDone={done} />
				<Show when={options()?.password}>
					<p>
						<A href={paths.forgotPassword}>{t().session.forgot}</A>
					</p>
				</Show>
				<p class="secondary">{t().session.noAccount}</p>
				<p>
					<A href={paths.platform}>{t().session.platform}</A>
				</p>
			</Show>
		</main>
	);
}
