import { createSignal, createUniqueId, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { t } from "../../i18n/index.ts";
import { lengthFault, NewPasswordField, passwordFault } from "../../session/new-password-field.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { notify } from "../../ui/toast.tsx";
import styles from "./change-password.module.css";

/** Changes the password of the person, who knows the old one. */
export default function ChangePasswordDialog(props: { onClose: () => void }) {
	const session = useSession();
	const words = () => t().members.change;
	const [fault, setFault] = createSignal<string | undefined>();
	const [currentFault, setCurrentFault] = createSignal<string | undefined>();
	const formId = createUniqueId();
	let form: HTMLFormElement | undefined;
	const input = (name: string): HTMLInputElement | null => form?.querySelector(`[name=${name}]`) ?? null;
	const change = createAction(api.passwords.change.mutate);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const current_password = input("current-password")?.value ?? "";
		const new_password = input("new-password")?.value ?? "";
		setCurrentFault(current_password === "" ? words().currentMissing : undefined);
		setFault(lengthFault(new_password));
		if (currentFault()) return input("current-password")?.focus();
		if (fault()) return input("new-password")?.focus();
		if (await change.run({ current_password, new_password })) {
			notify(words().done);
			props.onClose();
			return;
		}
		const problem = change.problem();
		const isWrong = problem?.details.some(({ field }) => field === "current_password") === true;
		setCurrentFault(isWrong ? words().wrong : undefined);
		setFault(problem ? passwordFault(problem, "new_password") : undefined);
		input(isWrong ? "current-password" : "new-password")?.focus();
	};
	return (
		<Dialog
			open
			busy={change.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			ignoreOutsideClick
			title={words().submit}
			description={<p>{words().text}</p>}
			focusFirst={() => input("current-password")}
			footer={
				<>
					<Button onClick={props.onClose} disabled={change.busy()}>
						{t().common.cancel}
					</Button>
					<Button type="submit" form={formId} variant="primary" busy={change.busy()}>
						{change.busy() ? words().busy : words().submit}
					</Button>
				</>
			}
		>
			<form
				class={styles.form}
				id={formId}
				ref={form}
				onSubmit={(event) => void submit(event)}
				noValidate
				method="post"
			>
				{/* For password managers, which store the password with it. */}
				<TextField
					label={t().session.email}
					type="email"
					autocomplete="username"
					value={session().user.email ?? ""}
					readOnly
				/>
				<TextField
					label={words().current}
					name="current-password"
					type="password"
					autocomplete="current-password"
					error={currentFault()}
					onInput={() => setCurrentFault(undefined)}
				/>
				<NewPasswordField error={fault()} onInput={() => setFault(undefined)} />
				<Show when={fault() === undefined && currentFault() === undefined}>
					<ProblemNote problem={change.problem()} />
				</Show>
			</form>
		</Dialog>
	);
}
