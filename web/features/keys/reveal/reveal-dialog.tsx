import { createSignal, Show } from "solid-js";
import type { ApiKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { AlertDialog } from "../../../ui/alert-dialog.tsx";
import { Button } from "../../../ui/button.tsx";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Choice } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/states.tsx";
import styles from "./reveal-dialog.module.css";
import { guardLeaving } from "./reveal-guard.ts";
import { TestKey } from "./reveal-test.tsx";
import { Snippets } from "./snippets-view.tsx";

/** A key that was just created, with its secret. Stays in one signal, until the dialog is closed. */
export interface IssuedKey {
	secret: string;
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

	const secret = () => props.issued.secret;
	const shownKey = () => (shown() ? secret() : props.issued.apiKey.key_prefix + DOTS);
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
						<p class={styles.once}>{t().create.reveal.once}</p>
						<p>{t().create.reveal.advice}</p>
					</>
				}
				footer={
					<Button variant={safe() ? "primary" : "secondary"} onClick={finish}>
						{t().create.reveal.done}
					</Button>
				}
			>
				<div class={styles.key}>
					<span class="visually-hidden">{t().create.reveal.key}: </span>
					<Show
						when={shown()}
						fallback={
							<>
								<span class="visually-hidden">{t().create.reveal.hidden(props.issued.apiKey.key_prefix)}</span>
								<code aria-hidden="true">{shownKey()}</code>
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
						label={t().create.reveal.copy}
						copiedLabel={t().create.reveal.copied}
						text={secret}
						onCopied={() => setSafe(true)}
						onRefused={copyByHand}
					/>
					<Button icon="eye" onClick={() => setShown(!shown())}>
						{shown() ? t().create.reveal.hide : t().create.reveal.show}
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
				<Snippets shownKey={shownKey()} secret={secret} onCopied={() => setSafe(true)} onRefused={copyByHand} />
				<TestKey secret={secret} />
			</Dialog>
			<Show when={leave()} keyed>
				{(go) => (
					<AlertDialog
						title={t().create.reveal.leaveTitle}
						onClose={() => setLeave(null)}
						returnFocusTo={() => copyButton}
						footer={
							<>
								<Button variant="primary" onClick={() => setLeave(null)}>
									{t().create.reveal.back}
								</Button>
								<Button
									onClick={() => {
										setSafe(true);
										go();
									}}
								>
									{t().create.reveal.leave}
								</Button>
							</>
						}
					>
						{t().create.reveal.leaveText}
					</AlertDialog>
				)}
			</Show>
		</>
	);
}
