import type { ApiKey } from "../../../../worker/schemas/api-key.ts";
import type { Problem } from "../../../api/problem.ts";
import { t } from "../../../i18n/index.ts";
import { AlertDialog } from "../../../ui/alert-dialog.tsx";
import { Button } from "../../../ui/button.tsx";
import { ProblemNote } from "../../../ui/states.tsx";
import { keyHint } from "../key-state.ts";

/** Asks before a new key that nobody has used, and somebody may have, gives way to another. */
export function AnotherDialog(props: {
	lost: ApiKey;
	busy: boolean;
	problem: Problem | null;
	onConfirm: () => void;
	onClose: () => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}) {
	return (
		<AlertDialog
			title={t().rotate.another.title}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			footer={
				<>
					<Button onClick={props.onClose}>{t().common.cancel}</Button>
					<Button variant="danger" busy={props.busy} onClick={props.onConfirm}>
						{props.busy ? t().rotate.create.busy : t().rotate.another.submit}
					</Button>
				</>
			}
		>
			<p>{t().rotate.another.text(keyHint(props.lost))}</p>
			<ProblemNote problem={props.problem} />
		</AlertDialog>
	);
}
