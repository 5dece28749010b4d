import { useQuery } from "@tanstack/solid-query";
import { Show } from "solid-js";
import { dataOf, signInOptionsQuery } from "../api/queries.ts";
import type { LoggedIn, SignInOptions } from "../api/types.ts";
import { t } from "../i18n/index.ts";
import { LinkButton } from "../ui/button.tsx";
import { Skeleton } from "../ui/states.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import styles from "./sign-in-ways.module.css";

/** Shown if the service doesn't respond: the form then says what is wrong. */
const PASSWORD_ONLY: SignInOptions = { password: true, provider: null };

/** How people can sign in here; undefined while it is loading. */
export function useSignInOptions(): () => SignInOptions | undefined {
	const options = useQuery(() => signInOptionsQuery());
	return () => (options.isError || options.isPaused ? PASSWORD_ONLY : dataOf(options));
}

/** The ways to sign in: the company's identity provider, email and password, or both. */
export function SignInWays(props: {
	options: SignInOptions | undefined;
	email?: string;
	/** Path of the screen that the person wants. */
	to?: string | undefined;
	/** Signs in with the provider in another tab, so that this one keeps what was typed. */
	inNewTab?: boolean;
	onDone: (user: LoggedIn["user"]) => void;
}) {
	const start = () => `/auth/sso/start${props.to ? `?${new URLSearchParams({ to: props.to })}` : ""}`;
	return (
		<Show when={props.options} fallback={<Skeleton height="180px" />}>
			{(options) => (
				<div class={styles.ways}>
					<Show when={options().provider}>
						{(provider) => (
							<>
								{/* The target keeps the router from handling the link. */}
								<LinkButton
									href={start()}
									target={props.inNewTab ? "_blank" : "_self"}
									variant={options().password ? "secondary" : "primary"}
									class={styles.provider}
									ref={(link: HTMLAnchorElement) => !options().password && queueMicrotask(() => link.focus())}
								>
									{t().session.signInWith(provider().name)}
								</LinkButton>
								<Show when={props.inNewTab}>
									<p class="secondary">{t().session.inNewTab}</p>
								</Show>
							</>
						)}
					</Show>
					<Show when={options().provider && options().password}>
						<p class={styles.or}>{t().session.or}</p>
					</Show>
					<Show when={options().password}>
						<SignInForm email={props.email ?? ""} onDone={props.onDone} />
					</Show>
				</div>
			)}
		</Show>
	);
}
