import { createSignal, createUniqueId } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import type { MemberLink } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { MemberProblem } from "./member-problem.tsx";
import { grantable } from "./member-rights.ts";
import styles from "./members.module.css";
import { type Rights, RoleFields } from "./role-fields.tsx";

type Missing = "email" | "name";

/** Invites a person, and hands over the link. */
export default function InviteDialog(props: {
	mayMakeOwners: boolean;
	onClose: () => void;
	onInvited: (invited: MemberLink) => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}) {
	const words = () => t().members;
	const [rights, setRights] = createSignal<Rights>({ role: "member", capabilities: [] });
	const [missing, setMissing] = createSignal<Missing | null>(null);
	const formId = createUniqueId();
	let form: HTMLFormElement | undefined;
	const input = (name: Missing): HTMLInputElement | null => form?.querySelector(`[name=${name}]`) ?? null;
	const invite = createAction(api.members.invite.mutate);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const email = input("email")?.value.trim() ?? "";
		const name = input("name")?.value.trim() ?? "";
		const wrong = !/^\S+@\S+\.\S+$/.test(email) ? "email" : name === "" ? "name" : null;
		setMissing(wrong);
		if (wrong) return input(wrong)?.focus();
		const { role, capabilities } = rights();
		const invited = await invite.run({ email, name, role, capabilities: grantable(role, capabilities) });
		if (invited) props.onInvited(invited);
	};
	return (
		<Dialog
			open
			busy={invite.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			ignoreOutsideClick
			title={words().inviteDialog.title}
			description={<p>{words().inviteDialog.text}</p>}
			focusFirst={() => input("email")}
			footer={
				<>
					<Button onClick={props.onClose} disabled={invite.busy()}>
						{t().common.cancel}
					</Button>
					<Button type="submit" form={formId} variant="primary" busy={invite.busy()}>
						{invite.busy() ? words().inviteDialog.busy : words().inviteDialog.submit}
					</Button>
				</>
			}
		>
			<form class={styles.stack} id={formId} ref={form} onSubmit={(event) => void submit(event)} noValidate>
				<TextField
					label={words().form.email}
					hint={words().form.emailHint}
					name="email"
					type="email"
					inputmode="email"
					autocapitalize="off"
					spellcheck={false}
					error={missing() === "email" ? words().form.emailWrong : undefined}
					onInput={() => setMissing(null)}
				/>
				<TextField
					label={words().form.name}
					name="name"
					maxlength={100}
					error={missing() === "name" ? words().form.nameMissing : undefined}
					onInput={() => setMissing(null)}
				/>
				<RoleFields rights={rights()} onChange={setRights} mayMakeOwners={props.mayMakeOwners} />
				<MemberProblem problem={invite.problem()} />
			</form>
		</Dialog>
	);
}
