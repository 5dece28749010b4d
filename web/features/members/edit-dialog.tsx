import { createSignal } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import type { Member } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { notify } from "../../ui/toast.tsx";
import { MemberProblem } from "./member-problem.tsx";
import { grantable } from "./member-rights.ts";
import styles from "./members.module.css";
import { type Rights, RoleFields } from "./role-fields.tsx";

/** Changes the name, the role and the capabilities of a member. */
export default function EditDialog(props: {
	member: Member;
	mayMakeOwners: boolean;
	onClose: () => void;
	onChanged: () => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}) {
	const words = () => t().members;
	const [name, setName] = createSignal(props.member.name);
	const [rights, setRights] = createSignal<Rights>(props.member);
	const save = createAction(api.members.update.mutate);
	const isUnnamed = () => name().trim() === "";
	const submit = async () => {
		if (isUnnamed()) return;
		const { role, capabilities } = rights();
		const changed = await save.run({
			id: props.member.id,
			name: name().trim(),
			role,
			capabilities: grantable(role, capabilities),
		});
		if (!changed) return;
		notify(words().editDialog.done(changed.name));
		props.onChanged();
	};
	return (
		<Dialog
			open
			busy={save.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={words().editDialog.title(props.member.name)}
			description={<p>{props.member.email}</p>}
			footer={
				<>
					<Button onClick={props.onClose} disabled={save.busy()}>
						{t().common.cancel}
					</Button>
					<Button variant="primary" busy={save.busy()} onClick={() => void submit()}>
						{save.busy() ? words().editDialog.busy : words().editDialog.submit}
					</Button>
				</>
			}
		>
			<div class={styles.stack}>
				<TextField
					label={words().form.name}
					value={name()}
					maxlength={100}
					error={isUnnamed() ? words().form.nameMissing : undefined}
					onInput={(event) => setName(event.currentTarget.value)}
				/>
				<RoleFields rights={rights()} onChange={setRights} mayMakeOwners={props.mayMakeOwners} />
				<MemberProblem problem={save.problem()} />
			</div>
		</Dialog>
	);
}
