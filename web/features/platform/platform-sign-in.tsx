import { createSignal } from "solid-js";
import { createAction } from "../../api/action.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { platformApi } from "./api.ts";
import styles from "./platform.module.css";

/** Asks for the service_role key. It stays in its input and goes straight to the service. */
export function PlatformSignIn(props: { onDone: () => void }) {
	const words = () => t().platform.signIn;
	const [fault, setFault] = createSignal<string | undefined>();
	let input: HTMLInputElement | undefined;
	const signIn = createAction((key: string) => platformApi.platform.login.mutate({ key }));
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const key = input?.value.trim() ?? "";
		setFault(key === "" ? words().missing : undefined);
		if (key !== "" && (await signIn.run(key))) return props.onDone();
		if (signIn.problem()?.code === "UNAUTHORIZED") setFault(words().wrong);
		input?.focus();
	};
	const problem = () => (signIn.problem()?.code === "UNAUTHORIZED" ? null : signIn.problem());
	return (
		<>
			<h1>{words().title}</h1>
			<form class={styles.form} onSubmit={(event) => void submit(event)} novalidate>
				<TextField
					ref={input}
					label={words().key}
					hint={words().hint}
					error={fault()}
					name="service-role-key"
					type="password"
					autocomplete="off"
					mono
				/>
				<ProblemNote problem={problem()} />
				<div class={styles.buttons}>
					<Button type="submit" variant="primary" busy={signIn.busy()}>
						{words().submit}
					</Button>
				</div>
			</form>
			{/* Loads the page anew, so that nothing of this session stays in memory. */}
			<a href={paths.signIn} target="_self">
				{t().platform.toDashboard}
			</a>
		</>
	);
}
