import { A, useParams } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { createEffect, createSignal, on, onCleanup, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { Loaded } from "../../api/loaded.tsx";
import { ProblemNote } from "../../api/problem-view.tsx";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { platformApi, type Tenant } from "./api.ts";
import styles from "./platform.module.css";
import { QuotaForm } from "./quota-form.tsx";

/** Pause before the next call that continues a suspension. */
const CONTINUE_MS = 1_000;

/** One company: its state, what can be done with it, and its quotas. */
export function TenantPage() {
	const params = useParams<{ id: string }>();
	const words = () => t().platform;
	const query = useQuery(() => ({
		queryKey: ["platform", "tenant", params.id],
		queryFn: ({ signal }: { signal: AbortSignal }) => platformApi.tenants.get.query({ id: params.id }, { signal }),
	}));
	return (
		<section class={styles.section}>
			<A href={paths.platform}>{words().back}</A>
			<Loaded query={query} failure={words().loadFailed} height="240px">
				{(tenant) => <TenantState tenant={tenant()} onChanged={() => void query.refetch()} />}
			</Loaded>
		</section>
	);
}

function TenantState(props: { tenant: Tenant; onChanged: () => void }) {
	const words = () => t().platform;
	const [dialog, setDialog] = createSignal<"suspend" | "delete" | null>(null);
	const id = () => props.tenant.id;
	const change = createAction(async (call: () => Promise<Tenant>) => {
		await call();
		props.onChanged();
		return true;
	});
	const resume = () => change.run(() => platformApi.tenants.resume.mutate({ id: id() }));
	const cancelDeletion = () => change.run(() => platformApi.tenants.cancel_deletion.mutate({ id: id() }));
	// Until every key is reached, each call works on it. If this page closes, the service continues.
	let timer: ReturnType<typeof setTimeout> | undefined;
	createEffect(
		on(
			() => [props.tenant.state, props.tenant.progress?.done, change.busy()] as const,
			([state, , busy]) => {
				clearTimeout(timer);
				if (busy || (state !== "suspending" && state !== "resuming")) return;
				const call = state === "suspending" ? platformApi.tenants.suspend : platformApi.tenants.resume;
				timer = setTimeout(() => void change.run(() => call.mutate({ id: id() })), CONTINUE_MS);
			},
		),
	);
	onCleanup(() => clearTimeout(timer));
	const submitSuspension = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
		event.preventDefault();
		const reason = String(new FormData(event.currentTarget).get("reason") ?? "").trim();
		setDialog(null);
		await change.run(() => platformApi.tenants.suspend.mutate({ id: id(), ...(reason ? { reason } : {}) }));
	};
	const submitDeletion = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
		event.preventDefault();
		const slug = String(new FormData(event.currentTarget).get("slug") ?? "").trim();
		setDialog(null);
		await change.run(() => platformApi.tenants.delete.mutate({ id: id(), slug }));
	};
	const isEnding = () => props.tenant.delete_after !== null;
	return (
		<>
			<div class={styles.head}>
				<div>
					<h1>{props.tenant.name}</h1>
					<p class="secondary">
						{props.tenant.slug} · {words().id} {props.tenant.id}
					</p>
				</div>
				<div class={styles.buttons}>
					<Show when={props.tenant.state === "active"}>
						<Button variant="danger" busy={change.busy()} onClick={() => setDialog("suspend")}>
							{words().suspend}
						</Button>
					</Show>
					<Show when={props.tenant.state === "suspended" && !isEnding()}>
						<Button busy={change.busy()} onClick={() => void resume()}>
							{words().resume}
						</Button>
						<Button variant="danger" busy={change.busy()} onClick={() => setDialog("delete")}>
							{words().delete}
						</Button>
					</Show>
					<Show when={props.tenant.state === "suspended" && isEnding()}>
						<Button busy={change.busy()} onClick={() => void cancelDeletion()}>
							{words().cancelDeletion}
						</Button>
					</Show>
				</div>
			</div>
			<div role="status">
				<p>
					{words().columns.state}: {words().states[props.tenant.state]}
				</p>
				<Show when={props.tenant.progress}>
					{(progress) => <p>{words().progress(formatNumber(progress().done), formatNumber(progress().total))}</p>}
				</Show>
				<Show when={props.tenant.state !== "deleted" && props.tenant.delete_after}>
					{(time) => <p>{words().deleteAfter(formatDateTime(time()))}</p>}
				</Show>
			</div>
			<ProblemNote problem={change.problem()} />
			<Show when={props.tenant.state !== "deleted" && props.tenant.state !== "deleting"}>
				<QuotaForm tenantId={id()} />
			</Show>
			<Dialog
				open={dialog() === "suspend"}
				onClose={() => setDialog(null)}
				title={words().suspendTitle(props.tenant.name)}
				description={words().suspendText}
			>
				<form class={styles.form} onSubmit={(event) => void submitSuspension(event)}>
					<TextField label={words().reason} name="reason" maxLength={200} />
					<div class={styles.buttons}>
						<Button onClick={() => setDialog(null)}>{words().cancel}</Button>
						<Button type="submit" variant="danger">
							{words().suspendNow}
						</Button>
					</div>
				</form>
			</Dialog>
			<Dialog
				open={dialog() === "delete"}
				onClose={() => setDialog(null)}
				title={words().deleteTitle(props.tenant.name)}
				description={words().deleteText}
			>
				<form class={styles.form} onSubmit={(event) => void submitDeletion(event)}>
					<TextField label={words().confirmSlug(props.tenant.slug)} name="slug" required />
					<div class={styles.buttons}>
						<Button onClick={() => setDialog(null)}>{words().cancel}</Button>
						<Button type="submit" variant="danger">
							{words().deleteNow}
						</Button>
					</div>
				</form>
			</Dialog>
		</>
	);
}
