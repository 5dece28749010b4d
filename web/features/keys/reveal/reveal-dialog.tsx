import { useQueryClient } from "@tanstack/solid-query";
import { Show } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { keyChanged } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { ApiKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { AlertDialog } from "../../../ui/alert-dialog.tsx";
import { Button } from "../../../ui/button.tsx";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Choice } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import { notify } from "../../../ui/toast.tsx";
import styles from "./reveal-dialog.module.css";
import { createReveal } from "./reveal-guard.ts";
import { TestKey } from "./reveal-test.tsx";
import { signedSnippet } from "./signed-snippets.ts";
import { SignedSnippets, Snippets } from "./snippets-view.tsx";

/** A key that was just created. Stays in one signal, until the dialog is closed. */
export interface IssuedKey {
	/** The key itself. */
	secret: string;
	/** What a signed key signs with: its key is public then. Otherwise null. */
	signingSecret: string | null;
	apiKey: ApiKey;
}

/** In place of the hidden part of a key. Always the same number, so that it reveals nothing. */
const DOTS = "•".repeat(24);

/**
 * Shows a new key once. While the key is hidden, it is nowhere in the document. Until it has been copied, leaving asks for
 * confirmation. `onDone` is called when the person closes it.
 */
export function RevealDialog(props: { issued: IssuedKey; onDone: () => void }) {
	const reveal = createReveal(() => props.onDone());
	let copyButton: HTMLButtonElement | undefined;

	const key = () => props.issued.secret;
	const signingSecret = () => props.issued.signingSecret;
	/** The value that is hidden until the person wants to see it. */
	const secret = () => signingSecret() ?? key();
	const start = () =>
		signingSecret() === null ? props.issued.apiKey.key_prefix : secret().slice(0, "sks_live_".length);
	const shownSecret = () => (reveal.shown() ? secret() : start() + DOTS);
	/** Both values of a signed key, since neither is shown again. */
	const toCopy = () =>
		signingSecret() === null ? key() : signedSnippet("env", { key: key(), secret: secret(), origin: location.origin });
	const words = () => t().create.reveal;

	return (
		<>
			<Dialog
				open
				wide
				ignoreOutsideClick
				onClose={reveal.finish}
				title={t().create.reveal.title(props.issued.apiKey.name)}
				description={
					<>
						<p class={styles.once}>{signingSecret() === null ? words().once : words().signed.once}</p>
						<p>{signingSecret() === null ? words().advice : words().signed.advice}</p>
					</>
				}
				footer={
					<Button variant={reveal.safe() ? "primary" : "secondary"} onClick={reveal.finish}>
						{t().create.reveal.done}
					</Button>
				}
			>
				<Show when={signingSecret() !== null}>
					<p>{words().key}</p>
					<div class={styles.key}>
						<code class={styles.whole} translate="no">
							{key()}
						</code>
					</div>
					<p>{words().signed.secret}</p>
				</Show>
				<div class={styles.key}>
					<span class="visually-hidden">{signingSecret() === null ? words().key : words().signed.secret}: </span>
					<Show
						when={reveal.shown()}
						fallback={
							<>
								<span class="visually-hidden">{words().hidden(start())}</span>
								<code aria-hidden="true">{shownSecret()}</code>
							</>
						}
					>
						<code class={styles.whole} ref={reveal.setWhole} translate="no">
							{secret()}
						</code>
					</Show>
				</div>
				<div class={styles.buttons}>
					<CopyButton
						ref={(element) => (copyButton = element)}
						variant={reveal.safe() ? "secondary" : "primary"}
						label={signingSecret() === null ? words().copy : words().signed.copy}
						copiedLabel={t().create.reveal.copied}
						text={toCopy}
						onCopied={reveal.copied}
						onRefused={reveal.copyByHand}
					/>
					<Button icon="eye" onClick={reveal.toggle}>
						{reveal.shown()
							? signingSecret() === null
								? words().hide
								: words().signed.hide
							: signingSecret() === null
								? words().show
								: words().signed.show}
					</Button>
				</div>
				<div role="alert" class={styles.refused}>
					<Show when={reveal.refused()}>
						<Notice tone="warning">{t().create.reveal.refused}</Notice>
					</Show>
				</div>
				<Show when={reveal.refused()}>
					<Choice
						type="checkbox"
						label={t().create.reveal.saved}
						checked={reveal.safe()}
						onChange={(event) => reveal.setSafe(event.currentTarget.checked)}
					/>
				</Show>
				<Show
					when={signingSecret() === null}
					fallback={
						<>
							<SignedSnippets
								apiKey={key()}
								shownSecret={shownSecret()}
								secret={secret}
								onCopied={reveal.copied}
								onRefused={reveal.copyByHand}
							/>
							<p>
								{/* In this tab, the link would leave the dialog, and the values with it. */}
								<a href={paths.sandbox} target="_blank" rel="noopener">
									{t().keys.trySigned}
								</a>{" "}
								<span class="secondary">({t().keys.newTab})</span>
							</p>
						</>
					}
				>
					<Snippets shownKey={shownSecret()} secret={key} onCopied={reveal.copied} onRefused={reveal.copyByHand} />
					<TestKey secret={key} />
				</Show>
			</Dialog>
			<Show when={reveal.leave()} keyed>
				{(go) => (
					<LeaveDialog
						apiKey={props.issued.apiKey}
						onStay={reveal.stay}
						onLeave={() => reveal.go(go)}
						returnFocusTo={() => copyButton}
					/>
				)}
			</Show>
		</>
	);
}

/** Asks before the person leaves without having copied the key. A key that no one has should not stay active. */
function LeaveDialog(props: {
	apiKey: ApiKey;
	onStay: () => void;
	onLeave: () => void;
	returnFocusTo: () => HTMLElement | undefined;
}) {
	const client = useQueryClient();
	const words = () => t().create.reveal;
	const revoke = createAction(async () => {
		const { id, name } = props.apiKey;
		keyChanged(client, await api.keys.revoke.mutate({ id, reason: words().revokedReason }));
		notify(t().revokeDelete.revoke.done(name));
		return true;
	});
	const leaveAndRevoke = async () => {
		if (await revoke.run()) props.onLeave();
	};
	return (
		<AlertDialog
			title={words().leaveTitle}
			onClose={() => !revoke.busy() && props.onStay()}
			returnFocusTo={props.returnFocusTo}
			footer={
				<>
					<Button variant="primary" disabled={revoke.busy()} onClick={() => props.onStay()}>
						{words().back}
					</Button>
					<Button variant="danger" busy={revoke.busy()} onClick={() => void leaveAndRevoke()}>
						{revoke.busy() ? t().revokeDelete.revoke.busy : words().leaveAndRevoke}
					</Button>
					<Button variant="quiet" disabled={revoke.busy()} onClick={() => props.onLeave()}>
						{words().leave}
					</Button>
				</>
			}
		>
			<p>{words().leaveText}</p>
			<ProblemNote problem={revoke.problem()} />
		</AlertDialog>
	);
}
