import { useLocation, useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, createSignal, Match, on, Show, Switch } from "solid-js";
import { createAction } from "../api/action.ts";
import { api } from "../api/client.ts";
import { ProblemNote, ProblemPanel } from "../api/problem-view.tsx";
import { setSessionEnded } from "../api/query-client.ts";
import type { LinkDetails } from "../api/types.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { linkSecret } from "../session/link-secret.ts";
import { lengthFault, NewPasswordField, passwordFault } from "../session/new-password-field.tsx";
import { tellOtherTabs } from "../session/other-tabs.ts";
import { SignInWays, useSignInOptions } from "../session/sign-in-ways.tsx";
import { Brand, useTitle } from "../shell/shell.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { EmptyState } from "../ui/states.tsx";
import styles from "./access-link.module.css";

/** The page that a one-time link opens: an invitation to join a company, or a link for a new password. */
export default function AccessLink() {
	const [details, setDetails] = createSignal<LinkDetails | null>(null);
	const read = createAction((secret: string) => api.passwords.readLink.mutate({ secret }));
	const open = async (secret: string) => {
		setDetails(null);
		if (secret !== "") setDetails((await read.run(secret)) ?? null);
	};
	createEffect(on(linkSecret, (secret) => void open(secret)));
	const isInvalid = () => linkSecret() === "" || read.problem()?.code === "NOT_FOUND";
	const words = () => t().members.access;
	const isInvitation = useLocation().pathname === paths.invite;
	useTitle(() => (isInvitation ? words().accept : words().resetTitle));
	return (
		<main class={styles.page}>
			<Brand />
			<Switch fallback={<p role="status">{words().opening}</p>}>
				<Match when={details()}>{(found) => <Form details={found()} secret={linkSecret()} />}</Match>
				<Match when={isInvalid()}>
					<EmptyState
						screen
						title={words().invalidTitle}
						action={<LinkButton href={paths.signIn}>{words().toSignIn}</LinkButton>}
					>
						<p>{linkSecret() === "" ? words().missingText : words().invalidText}</p>
					</EmptyState>
				</Match>
				<Match when={read.problem()}>
					{(problem) => (
						<ProblemPanel title={t().problems.title} problem={problem()} onRetry={() => void open(linkSecret())} />
					)}
				</Match>
			</Switch>
		</main>
	);
}

/** Sets the password, and the name of a new member. */
function Form(props: { details: LinkDetails; secret: string }) {
	const client = useQueryClient();
	const navigate = useNavigate();
	const words = () => t().members.access;
	const options = useSignInOptions();
	const isInvitation = () => props.details.purpose === "invitation";
	const [fault, setFault] = createSignal<string | undefined>();
	const [nameFault, setNameFault] = createSignal<string | undefined>();
	let form: HTMLFormElement | undefined;
	const input = (name: string): HTMLInputElement | null => form?.querySelector(`[name=${name}]`) ?? null;
	const set = createAction(api.passwords.set.mutate);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const password = input("new-password")?.value ?? "";
		const name = input("name")?.value.trim();
		setNameFault(name === "" ? t().members.form.nameMissing : undefined);
		setFault(lengthFault(password));
		if (nameFault()) return input("name")?.focus();
		if (fault()) return input("new-password")?.focus();
		const signedIn = await set.run({ secret: props.secret, password, ...(name === undefined ? {} : { name }) });
		if (signedIn) {
			// The cache may hold data of the person who was signed in before.
			client.clear();
			setSessionEnded(false);
			tellOtherTabs(signedIn.user.id);
			navigate(paths.keys, { replace: true });
			return;
		}
		const problem = set.problem();
		setFault(problem ? passwordFault(problem, "password") : undefined);
		if (fault()) input("new-password")?.focus();
	};
	return (
		<>
			<h1>{isInvitation() ? words().inviteTitle(props.details.tenant_name) : words().resetTitle}</h1>
			<p>{isInvitation() ? words().inviteText : words().resetText}</p>
			<Show
				when={options()?.password !== false}
				fallback={
					<>
						<p>{words().byProvider(props.details.email)}</p>
						<SignInWays options={options()} onDone={() => {}} />
					</>
				}
			>
				<form class={styles.form} ref={form} onSubmit={(event) => void submit(event)} noValidate method="post">
					{/* For password managers, which store the password with it. */}
					<TextField
						label={t().session.email}
						type="email"
						autocomplete="username"
						value={props.details.email}
						readOnly
					/>
					<Show when={isInvitation()}>
						<TextField
							label={words().name}
							name="name"
							autocomplete="name"
							maxlength={100}
							value={props.details.name}
							error={nameFault()}
							onInput={() => setNameFault(undefined)}
						/>
					</Show>
					<NewPasswordField error={fault()} onInput={() => setFault(undefined)} />
					<ProblemNote problem={fault() === undefined ? set.problem() : null} />
					<Button type="submit" variant="primary" busy={set.busy()}>
						{isInvitation()
							? set.busy()
								? words().accepting
								: words().accept
							: set.busy()
								? words().resetting
								: words().reset}
					</Button>
				</form>
			</Show>
		</>
	);
}
