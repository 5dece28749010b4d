import { Show } from "solid-js";
import type { MemberLink } from "../../api/types.ts";
import { formatDateTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { notify } from "../../ui/toast.tsx";
import styles from "./members.module.css";

/** Shows a one-time link, which no other response contains. */
export default function LinkDialog(props: {
	made: MemberLink;
	onClose: () => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}) {
	const words = () => t().members.link;
	const member = () => props.made.member;
	const link = () => props.made.link;
	let copy: HTMLButtonElement | undefined;
	return (
		<Dialog
			open
			ignoreOutsideClick
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			focusFirst={() => copy}
			title={member().status === "invited" ? words().invitation(member().name) : words().reset(member().name)}
			description={
				<>
					<p>{words().once}</p>
					<p>
						<Show when={link().mailed} fallback={words().notMailed}>
							{words().mailed(member().email)}
						</Show>
					</p>
				</>
			}
			footer={<Button onClick={props.onClose}>{words().done}</Button>}
		>
			<div class={styles.stack}>
				<TextField
					label={words().label}
					hint={words().until(formatDateTime(link().expires_at))}
					value={link().url}
					readOnly
					mono
					onFocus={(event) => event.currentTarget.select()}
				/>
				<CopyButton
					ref={(button) => {
						copy = button;
					}}
					variant="primary"
					text={() => link().url}
					label={words().copy}
					copiedLabel={t().common.copied}
					onRefused={() => notify(t().common.copyFailed)}
				/>
			</div>
		</Dialog>
	);
}
