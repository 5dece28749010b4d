import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, Show } from "solid-js";
import type { ApiKey } from "../../../../worker/schemas/api-key.ts";
import { DAY_MS } from "../../../../worker/schemas/time.ts";
import { createAction } from "../../../api/action.ts";
import { keyChanged, keyRemoved, refreshLists } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { explain } from "../../../api/explain.ts";
import { type Problem, problemOf } from "../../../api/problem.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../now.ts";
import { setSessionEnded } from "../../../session/ended.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Notice } from "../../../ui/states.tsx";
import { RelativeTime } from "../../../ui/time.tsx";
import { notify, notifyAbandoned } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { keyHint } from "../key-state.ts";
import { reasonFault } from "./reason-fault.ts";
import styles from "./revoke-delete.module.css";
import { RevokeReason } from "./revoke-reason.tsx";

interface Failure {
	key: ApiKey;
	problem: Problem;
}

/** Revokes several keys. Each succeeds or fails by itself; those that failed stay, with why and another try. */
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
		// In one turn, so that they travel together.
		return Promise.allSettled(keys.map(({ id }) => api.keys.revoke.mutate({ id, ...because })));
	});
	const refused = () => {
		const [first] = failures();
		return first?.problem.details.find(({ field }) => field === "reason")?.message;
	};
	/** Deleted by somebody else meanwhile. */
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
			// A deleted key admits nothing either.
			if (problem.code === "NOT_FOUND") gone.push(key);
			else failed.push({ key, problem });
		}
		keyChanged(client, ...outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])));
		for (const { id } of gone) keyRemoved(client, id);
		goneCount += gone.length;
		setFailures(failed);
		const [first] = failed;
		if (first) {
			if (failed.some(({ problem }) => problem.code === "UNAUTHORIZED")) setSessionEnded(true);
			if (revoke.abandoned()) notifyAbandoned(first.problem);
			// Without an answer nobody knows what became of them.
			refreshLists(client);
			return;
		}
		const count = wanted().length - goneCount;
		if (count > 0) notify(t().end.revokeMany.done(count, formatNumber(count)));
		if (goneCount > 0) notify(t().end.revokeMany.gone(goneCount, formatNumber(goneCount)));
		if (revoke.abandoned()) return;
		props.onDone();
		props.onClose();
	};
	return (
		<Dialog
			open
			busy={revoke.busy()}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={t().end.revokeMany.title(wanted().length, formatNumber(wanted().length))}
			description={
				<Show when={wanted().length > 0} fallback={t().end.revokeMany.allRevoked}>
					<div class={styles.stack}>
						<p class={styles.usage}>{t().end.revokeMany.lately(usedLately(), formatNumber(usedLately()))}</p>
						<p>{t().end.revokeMany.consequence}</p>
						<Show when={alreadyRevoked() > 0}>
							<p>{t().end.revokeMany.already(alreadyRevoked(), formatNumber(alreadyRevoked()))}</p>
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
						<Show when={!revoke.busy()} fallback={t().end.revoke.busy}>
							{failures().length > 0
								? t().end.revokeMany.retry(failures().length, formatNumber(failures().length))
								: t().end.revokeMany.submit(wanted().length, formatNumber(wanted().length))}
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
								{t().end.revokeMany.progress(
									formatNumber(wanted().length - failures().length),
									formatNumber(wanted().length),
								)}
							</p>
							<p>{t().end.revokeMany.failed(failures().length, formatNumber(failures().length))}</p>
						</Notice>
					</Show>
				</div>
				{/* It may scroll, and only what can have focus scrolls by keyboard. */}
				<ul class={styles.keys} aria-label={t().end.revokeMany.list} tabindex={0}>
					<For each={pending()}>
						{(key) => (
							<li>
								<span class={styles.name}>{key.name}</span>
								<code>{keyHint(key)}</code>
								<span class="secondary">
									<Show when={key.last_used_at} fallback={t().keys.neverUsed}>
										{(at) => (
											<>
												{t().end.lastUsed}: <RelativeTime at={at()} now={now} />
											</>
										)}
									</Show>
								</span>
								<Show when={failures().find((failure) => failure.key.id === key.id)}>
									{(failure) => <span class={styles.why}>{explain(failure().problem)}</span>}
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
