import { Show } from "solid-js";
import type { KeyDialogProps } from "../key-actions.ts";
import { RevokeMany } from "./revoke-many.tsx";
import { RevokeOne } from "./revoke-one.tsx";

/** Says what revoking will stop, and revokes. Nothing changes on the page before the server has answered. */
export default function RevokeDialog(props: KeyDialogProps) {
	return (
		<Show when={props.keys.length > 1} fallback={<RevokeOne {...props} />}>
			<RevokeMany {...props} />
		</Show>
	);
}
