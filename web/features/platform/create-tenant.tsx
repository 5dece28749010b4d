import { createSignal, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { notify } from "../../ui/toast.tsx";
import { type CreatedTenant, platformApi } from "./api.ts";
import styles from "./platform.module.css";

/** Creates a company with its first owner, and shows the owner's link once. */
export function CreateTenant(props: { onCreated: () => void }) {
	const words = () => t().platform;
	const [open, setOpen] = createSignal(false);
	const [made, setMade] = createSignal<CreatedTenant | null>(null);
	const create = createAction(platformApi.tenants.create.mutate);
	const close = () => {
		setOpen(false);
		setMade(null);
		create.reset();
	};
	const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
		event.preventDefault();
		const form = new FormData(event.currentTarget);
		// Every field is a text field.
		const field = (name: string) => String(form.get(name) ?? "").trim();
		const created = await create.run({
			name: field("name"),
			slug: field("slug"),
			owner: { email: field("owner-email"), name: field("owner-name") },
		});
		if (!created) return;
		setMade(created);
		props.onCreated();
	};
	const link = () => made()?.owner?.link ?? null;
	return (
		<>
			<Button variant="primary" onClick={() => setOpen(true)}>
				{words().create}
			</Button>
			<Dialog
				open={open()}
				ignoreOutsideClick
				busy={create.busy()}
				onClose={close}
				title={words().create}
				closeLabel={words().close}
			>
				<Show
					when={made()}
					fallback={
						<form class={styles.form} onSubmit={(event) => void submit(event)}>
							<TextField label={words().name} name="name" required maxLength={100} />
							<TextField label={words().slug} hint={words().slugHint} name="slug" required maxLength={63} />
							<TextField label={words().ownerEmail} name="owner-email" type="email" required />
							<TextField label={words().ownerName} name="owner-name" required maxLength={100} />
							<ProblemNote problem={create.problem()} />
							<div class={styles.buttons}>
								<Button type="submit" variant="primary" busy={create.busy()}>
									{words().createNow}
								</Button>
							</div>
						</form>
					}
				>
					<div class={styles.form}>
						<p role="status">{words().created}</p>
						<Show when={link()}>
							{(shown) => (
								<>
									<TextField label={words().link} hint={words().linkOnce} value={shown().url} readOnly mono />
									<CopyButton
										variant="primary"
										text={() => shown().url}
										label={words().copy}
										copiedLabel={t().common.copied}
										onRefused={() => notify(t().common.copyFailed)}
									/>
								</>
							)}
						</Show>
						<Button onClick={close}>{words().close}</Button>
					</div>
				</Show>
			</Dialog>
		</>
	);
}
