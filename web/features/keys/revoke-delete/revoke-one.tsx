import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, Match, Show, Switch } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { keyChanged, keyRemoved } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { loaded } from "../../../api/loaded.ts";
import { problemOf } from "../../../api/problem.ts";
import { keyQuery } from "../../../api/queries.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../now.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice, ProblemNote } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { hasEnded, keyState } from "../key-state.ts";
import { reasonFault } from "./reason-fault.ts";
import styles from "./revoke-delete.module.css";
import { RevokeReason } from "./revoke-reason.tsx";
import { KeyUsage, UsageSentence } from "./what-it-stops.tsx";

/** How often the dialog looks again: somebody else may end the key meanwhile. */
const LOOK_MS = 2_000;

/** Revokes one key. */
export function RevokeOne(props: KeyDialogProps) {
	const client = useQueryClient();
	const now = useNow(1_000);
	const live = useQuery(() => ({ ...keyQuery(props.keys[0].id), refetchInterval: LOOK_MS }));
	const key = () => loaded(live) ?? props.keys[0];
	const [reason, setReason] = createSignal("");
	const revoke = createAction(() => {
		const text = reason().trim();
		return api.keys.revoke.mutate({ id: key().id, ...(text === "" ? {} : { reason: text }) });
	});
	const refused = () => revoke.problem()?.details.find(({ field }) => field === "reason")?.message;
	const isGone = () => live.isError && problemOf(live.error).code === "NOT_FOUND";
	const isOver = () => isGone() || key().status === "revoked";
	/** What the dialog has learned the page learns, too. */
	const close = () => {
		const [{ id, status }] = props.keys;
		const seen = client.getQueryData(keyQuery(id).queryKey);
		if (isGone()) keyRemoved(client, id);
		else if (seen && seen.status !== status) keyChanged(client, seen);
		props.onClose();
	};
	/** What was asked for is so, whoever did it. */
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
			finish(t().end.revoke.done(name));
		} else if (revoke.problem()?.code === "NOT_FOUND") {
			finish(t().end.revoke.gone(name));
			keyRemoved(client, id);
		}
	};
	return (
		<Dialog
			open
			busy={revoke.busy()}
			onClose={close}
			returnFocusTo={props.returnFocusTo}
			title={t().end.revoke.title(key().name)}
			description={
				<div class={styles.stack}>
					<Switch
						fallback={
							<>
								<UsageSentence apiKey={key()} live={live} now={now} />
								<p>{hasEnded(keyState(key(), now())) ? t().end.revoke.expired : t().end.revoke.consequence}</p>
							</>
						}
					>
						<Match when={isGone()}>
							<p>{t().end.revoke.gone(key().name)}</p>
						</Match>
						<Match when={key().status === "revoked"}>
							<p>{t().end.revoke.already(key().name)}</p>
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
						{revoke.busy() ? t().end.revoke.busy : t().end.revoke.submit}
					</Button>
				</Show>
			}
		>
			<Show when={!isOver()}>
				<KeyUsage apiKey={key()} live={live} now={now} />
				<Show when={live.isLoadingError}>
					<Notice tone="calm">{t().end.notLoaded}</Notice>
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
