import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, Show } from "solid-js";
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
import { guardLeaving } from "./reveal-guard.ts";
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
	const [shown, setShown] = createSignal(false);
	/** The person has copied the key, or has confirmed that they don't need it. */
	const [safe, setSafe] = createSignal(false);
	/** The browser does not allow the page to copy. */
	const [refused, setRefused] = createSignal(false);
	/** What the person wanted to do before copying; waits for confirmation. */
	const [leave, setLeave] = createSignal<(() => void) | null>(null);
	let keyText: HTMLElement | undefined;
	let copyButton: HTMLButtonElement | undefined;

	const key = () => props.issued.secret;
	const signingSecret = () => props.issued.signingSecret;
	/** The value that is hidden until the person wants to see it. */
	const secret = () => signingSecret() ?? key();
	const start = () =>
		signingSecret() === null ? props.issued.apiKey.key_prefix : secret().slice(0, "sks_live_".length);
	const shownSecret = () => (shown() ? secret() : start() + DOTS);
	/** Both values of a signed key, since neither is shown again. */
	const toCopy = () =>
		signingSecret() === null ? key() : signedSnippet("env", { key: key(), secret: secret(), origin: location.origin });
	const words = () => t().create.reveal;
	const ask = (go: () => void) => setLeave(() => go);
	guardLeaving(() => !safe(), ask);

	const finish = () => {
		if (safe()) props.onDone();
		else ask(() => props.onDone());
	};
	const copyByHand = () => {
		setRefused(true);
		setShown(true);
		if (keyText) getSelection()?.selectAllChildren(keyText);
	};

	return (
		<>
			<Dialog
				open
				wide
				ignoreOutsideClick
				onClose={finish}
				title={t().create.reveal.title(props.issued.apiKey.name)}
				description={
					<>
						<p class={styles.once}>{signingSecret() === null ? words().once : words().signed.once}</p>
						<p>{signingSecret() === null ? words().advice : words().signed.advice}</p>
					</>
				}
				footer={
					<Button variant={safe() ? "primary" : "secondary"} onClick={finish}>
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
						when={shown()}
						fallback={
							<>
								<span class="visually-hidden">{words().hidden(start())}</span>
								<code aria-hidden="true">{shownSecret()}</code>
							</>
						}
					>
						<code class={styles.whole} ref={keyText} translate="no">
							{secret()}
						</code>
					</Show>
				</div>
				<div class={styles.buttons}>
					<CopyButton
						ref={(element) => (copyButton = element)}
						variant={safe() ? "secondary" : "primary"}
						label={signingSecret() === null ? words().copy : words().signed.copy}
						copiedLabel={t().create.reveal.copied}
						text={toCopy}
						onCopied={() => setSafe(true)}
						onRefused={copyByHand}
					/>
					<Button icon="eye" onClick={() => setShown(!shown())}>
						{shown()
							? signingSecret() === null
								? words().hide
								: words().signed.hide
							: signingSecret() === null
								? words().show
								: words().signed.show}
					</Button>
				</div>
				<div role="alert" class={styles.refused}>
					<Show when={refused()}>
						<Notice tone="warning">{t().create.reveal.refused}</Notice>
					</Show>
				</div>
				<Show when={refused()}>
					<Choice
						type="checkbox"
						label={t().create.reveal.saved}
						checked={safe()}
						onChange={(event) => setSafe(event.currentTarget.checked)}
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
								onCopied={() => setSafe(true)}
								onRefused={copyByHand}
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
					<Snippets shownKey={shownSecret()} secret={key} onCopied={() => setSafe(true)} onRefused={copyByHand} />
					<TestKey secret={key} />
				</Show>
			</Dialog>
			<Show when={leave()} keyed>
				{(go) => (
					<LeaveDialog
						apiKey={props.issued.apiKey}
						onStay={() => setLeave(null)}
						onLeave={() => {
							setSafe(true);
							go();
						}}
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
