import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, Show } from "solid-js";
import { DAY_MS } from "../../../../worker/schemas/time.ts";
import { createAction } from "../../../api/action.ts";
import { keyChanged, keyRemoved, refreshLists } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { type Problem, problemOf, problemText } from "../../../api/problem.ts";
import { notifyAbandoned } from "../../../api/problem-view.tsx";
import { noticeSessionEnd } from "../../../api/query-client.ts";
import type { ApiKey } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { RelativeTime, useNow } from "../../../time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { keyHint } from "../key-state.ts";
import styles from "./revoke-delete.module.css";
import { RevokeReason } from "./revoke-reason.tsx";
import { reasonFault } from "./typed-text.ts";

interface Failure {
	key: ApiKey;
	problem: Problem;
}

/** Revokes several keys. Each succeeds or fails by itself; failed ones stay with the reason and a retry. */
export function RevokeMany(props: KeyDialogProps) {
	const client = useQueryClient();
	const now = useNow();
	const wanted = () => props.keys.filter(({ status }) => status !== "revoked");
	const alreadyRevoked = () => props.keys.length - wanted().length;
	const usedLately = () =>
		wanted().filter((key) => key.last_used_at !== null && now() - Date.parse(key.last_used_at) < DAY_MS).length;
	const [reason, setReason] = createSignal("");
	const [failures, setFailures] = createSignal<Failure[]>([]);
	const pending = () => (failures().length > 0 ? failures().map(({ key }) => key) : wanted());
	const revoke = createAction((keys: ApiKey[]) => {
		const text = reason().trim();
		const because = text === "" ? {} : { reason: text };
		// In one turn, so that they share requests.
		return Promise.allSettled(keys.map(({ id }) => api.keys.revoke.mutate({ id, ...because })));
	});
	const refused = () => {
		const [first] = failures();
		return first?.problem.details.find(({ field }) => field === "reason")?.message;
	};
	/** Keys that another person has deleted meanwhile. */
	let goneCount = 0;
	const submit = async () => {
		if (reasonFault(reason())) return;
		const keys = pending();
		const outcomes = await revoke.run(keys);
		if (!outcomes) return;
		const failed: Failure[] = [];
		const gone: ApiKey[] = [];
		for (const [index, key] of keys.entries()) {
			const outcome = outcomes[index];
			if (outcome?.status !== "rejected") continue;
			const problem = problemOf(outcome.reason);
			// Requests with a deleted key are rejected, too.
			if (problem.code === "NOT_FOUND") gone.push(key);
			else failed.push({ key, problem });
		}
		keyChanged(client, ...outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])));
		for (const { id } of gone) keyRemoved(client, id);
		goneCount += gone.length;
		setFailures(failed);
		const [first] = failed;
		if (first) {
			for (const { problem } of failed) noticeSessionEnd(problem);
			if (revoke.abandoned()) notifyAbandoned(first.problem);
			// Some may be revoked although their response was lost.
			refreshLists(client);
			return;
		}
		const count = wanted().length - goneCount;
		if (count > 0) notify(t().revokeDelete.revokeMany.done(count, formatNumber(count)));
		if (goneCount > 0) notify(t().revokeDelete.revokeMany.gone(goneCount, formatNumber(goneCount)));
		if (revoke.abandoned()) return;
		props.onDone();
		props.onClose();
	};
	return (
		<Dialog
			open
			busy={revoke.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={t().revokeDelete.revokeMany.title(wanted().length, formatNumber(wanted().length))}
			description={
				<Show when={wanted().length > 0} fallback={t().revokeDelete.revokeMany.allRevoked}>
					<div class={styles.stack}>
						<p class={styles.usage}>{t().revokeDelete.revokeMany.lately(usedLately(), formatNumber(usedLately()))}</p>
						<p>{t().revokeDelete.revokeMany.consequence}</p>
						<Show when={alreadyRevoked() > 0}>
							<p>{t().revokeDelete.revokeMany.already(alreadyRevoked(), formatNumber(alreadyRevoked()))}</p>
						</Show>
					</div>
				</Show>
			}
			footer={
				<Show when={wanted().length > 0} fallback={<Button onClick={props.onClose}>{t().common.close}</Button>}>
					<Button onClick={props.onClose} disabled={revoke.busy()}>
						{failures().length > 0 ? t().common.close : t().common.cancel}
					</Button>
					<Button variant="danger" busy={revoke.busy()} onClick={() => void submit()}>
						<Show when={!revoke.busy()} fallback={t().revokeDelete.revoke.busy}>
							{failures().length > 0
								? t().revokeDelete.revokeMany.retry(failures().length, formatNumber(failures().length))
								: t().revokeDelete.revokeMany.submit(wanted().length, formatNumber(wanted().length))}
						</Show>
					</Button>
				</Show>
			}
		>
			<Show when={wanted().length > 0}>
				<div aria-live="assertive">
					<Show when={failures().length > 0 && !refused()}>
						<Notice tone="danger">
							<p>
								{t().revokeDelete.revokeMany.progress(
									formatNumber(wanted().length - failures().length),
									formatNumber(wanted().length),
								)}
							</p>
							<p>{t().revokeDelete.revokeMany.failed(failures().length, formatNumber(failures().length))}</p>
						</Notice>
					</Show>
				</div>
				{/* Focusable, so that it can be scrolled by keyboard. */}
				<ul class={styles.keys} aria-label={t().revokeDelete.revokeMany.list} tabindex={0}>
					<For each={pending()}>
						{(key) => (
							<li>
								<span class={styles.name}>{key.name}</span>
								<code>{keyHint(key)}</code>
								<span class="secondary">
									<Show when={key.last_used_at} fallback={t().keys.neverUsed}>
										{(at) => (
											<>
												{t().revokeDelete.lastUsed}: <RelativeTime at={at()} now={now} />
											</>
										)}
									</Show>
								</span>
								<Show when={failures().find((failure) => failure.key.id === key.id)}>
									{(failure) => <span class={styles.why}>{problemText(failure().problem)}</span>}
								</Show>
							</li>
						)}
					</For>
				</ul>
				<RevokeReason
					value={reason()}
					onInput={(value) => {
						setReason(value);
						if (refused()) setFailures([]);
					}}
					refused={refused()}
				/>
			</Show>
		</Dialog>
	);
}
