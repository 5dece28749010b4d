import { createMemo, createSignal, Show } from "solid-js";
import { DAY_MS } from "../../../../worker/schemas/time.ts";
import { createAction } from "../../../api/action.ts";
import { api } from "../../../api/client.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { ApiKey } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { RelativeTime, useNow } from "../../../time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ScrollList } from "../../../ui/scroll-list.tsx";
import { FormNote } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import { JobButtons, JobProgress } from "../../jobs/job-progress.tsx";
import { useJob } from "../../jobs/use-job.ts";
import type { KeyDialogProps } from "../key-actions.ts";
import { keyHint } from "../key-state.ts";
import styles from "./revoke-delete.module.css";
import { RevokeReason } from "./revoke-reason.tsx";
import { isSameNumber, reasonFault } from "./typed-text.ts";

/** Revokes several keys with a job of the service, which continues if the dialog is closed. */
export function RevokeMany(props: KeyDialogProps) {
	const now = useNow();
	// As selected: the keys must not change under the person's hands.
	const wanted = props.keys.filter(({ status }) => status !== "revoked");
	const alreadyRevoked = props.keys.length - wanted.length;
	const count = wanted.length;
	const words = () => t().revokeDelete.revokeMany;
	const usedLately = createMemo(
		() => wanted.filter((key) => key.last_used_at !== null && now() - Date.parse(key.last_used_at) < DAY_MS).length,
	);
	const [reason, setReason] = createSignal("");
	const [typed, setTyped] = createSignal("");
	const mayStart = () => usedLately() === 0 || isSameNumber(typed(), count);
	const [jobId, setJobId] = createSignal<string | null>(null);
	const view = useJob(jobId, (result) => {
		if (result.failed.length > 0 || result.pending.length > 0) return;
		props.onDone();
		props.onClose();
	});
	const create = createAction(async () => {
		const text = reason().trim();
		const ids = wanted.map(({ id }) => id);
		const job = await api.jobs.create.mutate({ kind: "revoke_keys", ids, ...(text === "" ? {} : { reason: text }) });
		view.show(job);
		setJobId(job.id);
	});
	/** The service rejected the reason. */
	const refused = () => create.problem()?.details.find(({ field }) => field === "reason")?.message;
	const submit = () => {
		if (!reasonFault(reason()) && mayStart()) void create.run();
	};
	const close = () => {
		if (view.job()?.state === "running") notify(words().continues);
		if (view.job()) props.onDone();
		props.onClose();
	};

	return (
		<Dialog
			open
			busy={create.busy()}
			ignoreOutsideClick={view.isDriven()}
			closeLabel={t().common.close}
			onClose={close}
			returnFocusTo={props.returnFocusTo}
			title={
				view.job() ? t().revokeDelete.job.title(count, formatNumber(count)) : words().title(count, formatNumber(count))
			}
			description={
				<Show when={!view.job()}>
					<Show when={count > 0} fallback={words().allRevoked}>
						<div class={styles.stack}>
							<p class={styles.usage}>{words().lately(usedLately(), formatNumber(usedLately()))}</p>
							<p>{words().consequence}</p>
							<Show when={alreadyRevoked > 0}>
								<p>{words().already(alreadyRevoked, formatNumber(alreadyRevoked))}</p>
							</Show>
						</div>
					</Show>
				</Show>
			}
			footer={
				<Show
					when={view.job()}
					fallback={
						<Show when={count > 0} fallback={<Button onClick={close}>{t().common.close}</Button>}>
							<Button onClick={close} disabled={create.busy()}>
								{t().common.cancel}
							</Button>
							<Button variant="danger" busy={create.busy()} disabled={!mayStart()} onClick={submit}>
								{create.busy() ? t().revokeDelete.revoke.busy : words().submit(count, formatNumber(count))}
							</Button>
						</Show>
					}
				>
					{(job) => <JobButtons job={job()} view={view} onClose={close} />}
				</Show>
			}
		>
			<Show
				when={view.job()}
				fallback={
					<Show when={count > 0}>
						<KeysToRevoke keys={wanted} now={now} />
						<RevokeReason
							value={reason()}
							onInput={(value) => {
								setReason(value);
								create.reset();
							}}
							refused={refused()}
						/>
						<Show when={usedLately() > 0}>
							<TextField
								label={words().confirm(formatNumber(count))}
								hint={words().confirmHint}
								inputmode="numeric"
								value={typed()}
								onInput={(event) => setTyped(event.currentTarget.value)}
							/>
						</Show>
						<Show when={create.problem()?.code !== "CONFLICT"} fallback={<FormNote>{words().tooMany}</FormNote>}>
							<ProblemNote problem={refused() ? null : create.problem()} />
						</Show>
					</Show>
				}
			>
				{(job) => <JobProgress job={job()} view={view} />}
			</Show>
		</Dialog>
	);
}

function KeysToRevoke(props: { keys: readonly ApiKey[]; now: () => number }) {
	return (
		<ScrollList
			label={t().revokeDelete.revokeMany.list}
			items={props.keys}
			rest={(count) => t().revokeDelete.job.more(formatNumber(count))}
		>
			{(key) => (
				<>
					<span>{key.name}</span>
					<code>{keyHint(key)}</code>
					<span class="secondary">
						<Show when={key.last_used_at} fallback={t().keys.neverUsed}>
							{(at) => (
								<>
									{t().revokeDelete.lastUsed}: <RelativeTime at={at()} now={props.now} />
								</>
							)}
						</Show>
					</span>
				</>
			)}
		</ScrollList>
	);
}
