import { createMemo, createSignal, For, Match, Show, Switch } from "solid-js";
import { DAY_MS } from "../../../../worker/schemas/time.ts";
import { problemText, UNREACHABLE } from "../../../api/problem.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { ApiKey } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { RelativeTime, useNow } from "../../../time.tsx";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import type { KeyDialogProps } from "../key-actions.ts";
import { keyHint } from "../key-state.ts";
import { type Leftover, useRevocation } from "./revocation.ts";
import styles from "./revoke-delete.module.css";
import { RevokeReason } from "./revoke-reason.tsx";
import { isSameNumber, reasonFault } from "./typed-text.ts";

/** The list shows this many keys. Thousands of rows would freeze the page. */
const LISTED = 100;

/** Revokes several keys, with progress. It can be stopped and continued, and goes on if the dialog is closed. */
export function RevokeMany(props: KeyDialogProps) {
	const now = useNow();
	// As selected: the keys must not change under the person's hands.
	const wanted = props.keys.filter(({ status }) => status !== "revoked");
	const alreadyRevoked = props.keys.length - wanted.length;
	const byId = new Map(wanted.map((key) => [key.id, key]));
	const count = wanted.length;
	const words = () => t().revokeDelete.revokeMany;
	const usedLately = createMemo(
		() => wanted.filter((key) => key.last_used_at !== null && now() - Date.parse(key.last_used_at) < DAY_MS).length,
	);
	const [reason, setReason] = createSignal("");
	const [typed, setTyped] = createSignal("");
	const revocation = useRevocation(() => wanted.map(({ id }) => id));
	const started = () => revocation.job() !== null;
	const mayStart = () => started() || usedLately() === 0 || isSameNumber(typed(), count);
	const done = () => {
		const job = revocation.job();
		return job ? job.succeeded : 0;
	};
	/** The service rejected the reason. */
	const refused = () => revocation.problem()?.details.find(({ field }) => field === "reason")?.message;

	const run = async () => {
		if (reasonFault(reason()) || !mayStart()) return;
		const left = await revocation.run(reason().trim());
		if (!left || left.failed.length > 0 || left.pending.length > 0) return;
		finish(left);
	};
	const finish = ({ gone }: Leftover) => {
		const revoked = count - gone.length;
		if (revoked > 0) notify(words().done(revoked, formatNumber(revoked)));
		if (gone.length > 0) notify(words().gone(gone.length, formatNumber(gone.length)));
		if (revocation.abandoned()) return;
		props.onDone();
		props.onClose();
	};
	const close = () => {
		if (revocation.busy()) notify(words().goesOn);
		if (started()) props.onDone();
		props.onClose();
	};

	return (
		<Dialog
			open
			ignoreOutsideClick={revocation.busy()}
			closeLabel={t().common.close}
			onClose={close}
			returnFocusTo={props.returnFocusTo}
			title={words().title(count, formatNumber(count))}
			description={
				<Show when={count > 0} fallback={words().allRevoked}>
					<div class={styles.stack}>
						<p class={styles.usage}>{words().lately(usedLately(), formatNumber(usedLately()))}</p>
						<p>{words().consequence}</p>
						<Show when={alreadyRevoked > 0}>
							<p>{words().already(alreadyRevoked, formatNumber(alreadyRevoked))}</p>
						</Show>
					</div>
				</Show>
			}
			footer={
				<Switch>
					<Match when={count === 0}>
						<Button onClick={close}>{t().common.close}</Button>
					</Match>
					<Match when={revocation.busy() && started()}>
						<Button onClick={close}>{words().closeAndGoOn}</Button>
						<Button busy={revocation.stopping()} onClick={() => void revocation.stop()}>
							{words().stop}
						</Button>
					</Match>
					<Match when={true}>
						<Button onClick={close} disabled={revocation.busy()}>
							{started() ? t().common.close : t().common.cancel}
						</Button>
						<Button variant="danger" busy={revocation.busy()} disabled={!mayStart()} onClick={() => void run()}>
							<Show when={!revocation.busy()} fallback={t().revokeDelete.revoke.busy}>
								{started()
									? words().resume(count - done(), formatNumber(count - done()))
									: words().submit(count, formatNumber(count))}
							</Show>
						</Button>
					</Match>
				</Switch>
			}
		>
			<Show when={count > 0}>
				<Show when={revocation.job()} fallback={<KeysToRevoke keys={wanted} now={now} />}>
					{(job) => (
						<div class={styles.stack}>
							<progress
								class={styles.progress}
								max={job().total}
								value={job().succeeded}
								aria-label={words().progressLabel}
							/>
							<p role="status">{words().progress(formatNumber(job().succeeded), formatNumber(job().total))}</p>
							<Show when={revocation.leftover()}>{(left) => <NotRevoked leftover={left()} byId={byId} />}</Show>
						</div>
					)}
				</Show>
				<Show when={!started()}>
					<RevokeReason
						value={reason()}
						onInput={(value) => {
							setReason(value);
							revocation.reset();
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
				</Show>
				<ProblemNote problem={refused() ? null : revocation.problem()} />
			</Show>
		</Dialog>
	);
}

function KeysToRevoke(props: { keys: readonly ApiKey[]; now: () => number }) {
	const rest = () => props.keys.length - LISTED;
	return (
		// Focusable, so that it can be scrolled by keyboard.
		<ul class={styles.keys} aria-label={t().revokeDelete.revokeMany.list} tabindex={0}>
			<For each={props.keys.slice(0, LISTED)}>
				{(key) => (
					<li>
						<span class={styles.name}>{key.name}</span>
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
					</li>
				)}
			</For>
			<Show when={rest() > 0}>
				<li>{t().revokeDelete.revokeMany.more(rest(), formatNumber(rest()))}</li>
			</Show>
		</ul>
	);
}

/** What a stopped or finished job has not revoked. */
function NotRevoked(props: { leftover: Leftover; byId: ReadonlyMap<string, ApiKey> }) {
	const words = () => t().revokeDelete.revokeMany;
	const failed = () => props.leftover.failed;
	return (
		<div aria-live="assertive" class={styles.stack}>
			<Show when={props.leftover.pending.length > 0}>
				<Notice tone="warning">
					{words().stopped(props.leftover.pending.length, formatNumber(props.leftover.pending.length))}
				</Notice>
			</Show>
			<Show when={failed().length > 0}>
				<Notice tone="danger">{words().failed(failed().length, formatNumber(failed().length))}</Notice>
				<ul class={styles.keys} aria-label={words().failedList} tabindex={0}>
					<For each={failed().slice(0, LISTED)}>
						{({ id, code }) => (
							<li>
								<span class={styles.name}>{props.byId.get(id)?.name ?? id}</span>
								<code>{id}</code>
								<span class={styles.why}>{problemText({ ...UNREACHABLE, code })}</span>
							</li>
						)}
					</For>
				</ul>
			</Show>
		</div>
	);
}
