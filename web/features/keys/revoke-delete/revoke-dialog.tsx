import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, Match, Show, Switch } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { keyChanged, keyRemoved } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { problemOf } from "../../../api/problem.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import { dataOf, keyQuery } from "../../../api/queries.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { hasEnded, keyState } from "../key-state.ts";
import styles from "./revoke-delete.module.css";
import { RevokeMany } from "./revoke-many.tsx";
import { RevokeReason } from "./revoke-reason.tsx";
import { reasonFault } from "./typed-text.ts";
import { KeyUsage, UsageSentence } from "./usage-summary.tsx";

/** Says what revoking will stop, and revokes. The page shows nothing as revoked before the service has confirmed it. */
export default function RevokeDialog(props: KeyDialogProps) {
	return (
		<Show when={props.keys.length > 1} fallback={<RevokeOne {...props} />}>
			<RevokeMany {...props} />
		</Show>
	);
}

/** The key is refetched this often, because another person may revoke or delete it meanwhile. */
const REFETCH_MS = 2_000;

/** Revokes one key. */
function RevokeOne(props: KeyDialogProps) {
	const client = useQueryClient();
	const now = useNow(1_000);
	const live = useQuery(() => ({ ...keyQuery(props.keys[0].id), refetchInterval: REFETCH_MS }));
	const key = () => dataOf(live) ?? props.keys[0];
	const [reason, setReason] = createSignal("");
	const revoke = createAction(() => {
		const text = reason().trim();
		return api.keys.revoke.mutate({ id: key().id, ...(text === "" ? {} : { reason: text }) });
	});
	const refused = () => revoke.problem()?.details.find(({ field }) => field === "reason")?.message;
	const isGone = () => live.isError && problemOf(live.error).code === "NOT_FOUND";
	const isOver = () => isGone() || key().status === "revoked";
	/** Passes on to the page what the dialog has learned about the key. */
	const close = () => {
		const [{ id, status }] = props.keys;
		const seen = client.getQueryData(keyQuery(id).queryKey);
		if (isGone()) keyRemoved(client, id);
		else if (seen && seen.status !== status) keyChanged(client, seen);
		props.onClose();
	};
	/** The key is revoked or gone, no matter who did it. */
	const finish = (text: string) => {
		notify(text);
		if (revoke.abandoned()) return;
		props.onDone();
		props.onClose();
	};
	const submit = async () => {
		if (reasonFault(reason())) return;
		const { id, name } = key();
		const revoked = await revoke.run();
		if (revoked) {
			keyChanged(client, revoked);
			finish(t().revokeDelete.revoke.done(name));
		} else if (revoke.problem()?.code === "NOT_FOUND") {
			finish(t().revokeDelete.revoke.gone(name));
			keyRemoved(client, id);
		}
	};
	return (
		<Dialog
			open
			busy={revoke.busy()}
			closeLabel={t().common.close}
			onClose={close}
			returnFocusTo={props.returnFocusTo}
			title={t().revokeDelete.revoke.title(key().name)}
			description={
				<div class={styles.stack}>
					<Switch
						fallback={
							<>
								<UsageSentence apiKey={key()} live={live} now={now} />
								<p>
									{hasEnded(keyState(key(), now()))
										? t().revokeDelete.revoke.expired
										: t().revokeDelete.revoke.consequence}
								</p>
							</>
						}
					>
						<Match when={isGone()}>
							<p>{t().revokeDelete.revoke.gone(key().name)}</p>
						</Match>
						<Match when={key().status === "revoked"}>
							<p>{t().revokeDelete.revoke.already(key().name)}</p>
						</Match>
					</Switch>
				</div>
			}
			footer={
				<Show when={!isOver()} fallback={<Button onClick={close}>{t().common.close}</Button>}>
					<Button onClick={close} disabled={revoke.busy()}>
						{t().common.cancel}
					</Button>
					<Button variant="danger" busy={revoke.busy()} onClick={() => void submit()}>
						{revoke.busy() ? t().revokeDelete.revoke.busy : t().revokeDelete.revoke.submit}
					</Button>
				</Show>
			}
		>
			<Show when={!isOver()}>
				<KeyUsage apiKey={key()} live={live} now={now} />
				<Show when={live.isLoadingError}>
					<Notice tone="calm">{t().revokeDelete.notLoaded}</Notice>
				</Show>
				<RevokeReason
					value={reason()}
					onInput={(value) => {
						setReason(value);
						revoke.reset();
					}}
					refused={refused()}
				/>
				<ProblemNote problem={refused() ? null : revoke.problem()} />
			</Show>
		</Dialog>
	);
}
