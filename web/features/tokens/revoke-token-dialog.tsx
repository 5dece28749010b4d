import { Show } from "solid-js";
import { ProblemNote } from "../../api/problem-view.tsx";
import type { ManagementToken } from "../../api/types.ts";
import { formatAgo } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { createRevoke } from "./revoke-token.ts";

/** Says what revoking will stop, and revokes. */
export function RevokeTokenDialog(props: { token: ManagementToken; onClose: () => void }) {
	const now = useNow();
	const revoke = createRevoke();
	const words = () => t().tokens.revoke;
	return (
		<Dialog
			open
			busy={revoke.busy()}
			closeLabel={t().common.close}
			onClose={() => props.onClose()}
			title={words().title(props.token.name)}
			description={
				<>
					<p>{words().consequence}</p>
					<p>
						<Show when={props.token.last_used_at} fallback={words().neverUsed}>
							{(at) => words().lastUsed(formatAgo(at(), now()))}
						</Show>
					</p>
				</>
			}
			footer={
				<>
					<Button onClick={() => props.onClose()} disabled={revoke.busy()}>
						{t().common.cancel}
					</Button>
					<Button
						variant="danger"
						busy={revoke.busy()}
						onClick={async () => {
							if (await revoke.run(props.token)) props.onClose();
						}}
					>
						{revoke.busy() ? words().submitting : words().submit}
					</Button>
				</>
			}
		>
			<ProblemNote problem={revoke.problem()} />
		</Dialog>
	);
}
