/** Dialogs that ask before a member gets a password link, is deactivated or is removed. */
import { A } from "@solidjs/router";
import { createSignal, type JSX, Show } from "solid-js";
import { type Action, createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import type { Member, MemberLink } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { notify } from "../../ui/toast.tsx";
import { MemberProblem } from "./member-problem.tsx";
import { liveKeysText } from "./member-words.ts";
import styles from "./members.module.css";

interface ConfirmProps {
	member: Member;
	onClose: () => void;
	onChanged: () => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}

/** The frame of the three dialogs. */
function Confirm(
	props: Omit<ConfirmProps, "onChanged"> & {
		title: string;
		text: string;
		submit: string;
		busyText: string;
		danger?: boolean;
		disabled?: boolean;
		action: Action<never[], unknown>;
		onSubmit: () => void;
		children?: JSX.Element;
	},
) {
	return (
		<Dialog
			open
			busy={props.action.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={props.title}
			description={<p>{props.text}</p>}
			footer={
				<>
					<Button onClick={props.onClose} disabled={props.action.busy()}>
						{t().common.cancel}
					</Button>
					<Button
						variant={props.danger ? "danger" : "primary"}
						busy={props.action.busy()}
						disabled={props.disabled === true}
						onClick={() => props.onSubmit()}
					>
						{props.action.busy() ? props.busyText : props.submit}
					</Button>
				</>
			}
		>
			<div class={styles.stack}>
				{props.children}
				<MemberProblem problem={props.action.problem()} />
			</div>
		</Dialog>
	);
}

/** Says that the keys of the member stay in use, and where to find them. */
function KeysStay(props: { member: Member }) {
	return (
		<Show when={props.member.live_keys > 0}>
			<Notice tone="warning">
				<p>{t().members.keysStay(props.member.live_keys, liveKeysText(props.member))}</p>
				<p>
					<A href={paths.keysOf(props.member.id)}>{t().members.showKeys}</A>
				</p>
			</Notice>
		</Show>
	);
}

export function ResetDialog(props: Omit<ConfirmProps, "onChanged"> & { onMade: (made: MemberLink) => void }) {
	const words = () => t().members.resetDialog;
	const reset = createAction(() => api.members.resetPassword.mutate({ id: props.member.id }));
	return (
		<Confirm
			{...props}
			title={words().title(props.member.name)}
			text={words().text}
			submit={words().submit}
			busyText={words().busy}
			action={reset}
			onSubmit={() => void reset.run().then((made) => made && props.onMade(made))}
		/>
	);
}

export function DeactivateDialog(props: ConfirmProps) {
	const words = () => t().members.deactivateDialog;
	const deactivate = createAction(() => api.members.deactivate.mutate({ id: props.member.id }));
	const submit = async () => {
		if (!(await deactivate.run())) return;
		notify(words().done(props.member.name));
		props.onChanged();
	};
	return (
		<Confirm
			{...props}
			title={words().title(props.member.name)}
			text={words().text}
			submit={words().submit}
			busyText={words().busy}
			danger
			action={deactivate}
			onSubmit={() => void submit()}
		>
			<KeysStay member={props.member} />
		</Confirm>
	);
}

/** Removes the member once their email has been typed. */
export function RemoveDialog(props: ConfirmProps) {
	const words = () => t().members.removeDialog;
	const [typed, setTyped] = createSignal("");
	const remove = createAction(() => api.members.remove.mutate({ id: props.member.id }));
	const submit = async () => {
		if (!(await remove.run())) return;
		notify(words().done(props.member.name));
		props.onChanged();
	};
	return (
		<Confirm
			{...props}
			title={words().title(props.member.name)}
			text={words().text}
			submit={words().submit}
			busyText={words().busy}
			danger
			disabled={typed().trim().toLowerCase() !== props.member.email}
			action={remove}
			onSubmit={() => void submit()}
		>
			<KeysStay member={props.member} />
			<TextField
				label={words().confirm(props.member.email)}
				value={typed()}
				onInput={(event) => setTyped(event.currentTarget.value)}
				spellcheck={false}
				autocapitalize="off"
				autocorrect="off"
			/>
		</Confirm>
	);
}
