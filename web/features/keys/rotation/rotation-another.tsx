import type { Problem } from "../../../api/problem.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { ApiKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { AlertDialog } from "../../../ui/alert-dialog.tsx";
import { Button } from "../../../ui/button.tsx";
import { keyHint } from "../key-state.ts";

/** Asks before replacing a new key that was never used: another person may have it already. */
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
