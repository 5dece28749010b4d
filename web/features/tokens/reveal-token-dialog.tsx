import { createSignal, Show } from "solid-js";
import type { IssuedToken } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { AlertDialog } from "../../ui/alert-dialog.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choice } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import styles from "../keys/reveal/reveal-dialog.module.css";
import { guardLeaving } from "../keys/reveal/reveal-guard.ts";
import { SnippetTabs } from "../keys/reveal/snippets-view.tsx";
import { createRevoke } from "./revoke-token.ts";
import { TOKEN_SNIPPET_TITLES, TOKEN_SNIPPETS, type TokenSnippetName, tokenSnippet } from "./token-snippets.ts";

/** In place of the hidden part of a token. Always the same number, so that it reveals nothing. */
const MASKED = `smt_${"•".repeat(24)}`;

/**
 * Shows a new token once. While the token is hidden, it is nowhere in the document. Until it has been copied, leaving asks
 * for confirmation.
 */
export function RevealTokenDialog(props: { issued: IssuedToken; onDone: () => void }) {
	const [shown, setShown] = createSignal(false);
	/** The person has copied the token, or has confirmed that they don't need it. */
	const [safe, setSafe] = createSignal(false);
	/** The browser does not allow the page to copy. */
	const [refused, setRefused] = createSignal(false);
	/** What the person wanted to do before copying; waits for confirmation. */
	const [leave, setLeave] = createSignal<(() => void) | null>(null);
	const revoke = createRevoke();
	let tokenText: HTMLElement | undefined;
	let copyButton: HTMLButtonElement | undefined;

	const words = () => t().tokens.reveal;
	const ask = (go: () => void) => setLeave(() => go);
	guardLeaving(() => !safe(), ask);
	const finish = () => {
		if (safe()) props.onDone();
		else ask(() => props.onDone());
	};
	const copyByHand = () => {
		setRefused(true);
		setShown(true);
		if (tokenText) getSelection()?.selectAllChildren(tokenText);
	};
	const go = (leaving: () => void) => {
		setSafe(true);
		leaving();
	};

	return (
		<>
			<Dialog
				open
				wide
				ignoreOutsideClick
				onClose={finish}
				title={words().title(props.issued.management_token.name)}
				description={
					<>
						<p class={styles.once}>{words().once}</p>
						<p>{words().advice}</p>
					</>
				}
				footer={
					<Button variant={safe() ? "primary" : "secondary"} onClick={finish}>
						{t().create.reveal.done}
					</Button>
				}
			>
				<div class={styles.key}>
					<span class="visually-hidden">{words().token}: </span>
					<Show
						when={shown()}
						fallback={
							<>
								<span class="visually-hidden">{words().hidden}</span>
								<code aria-hidden="true">{MASKED}</code>
							</>
						}
					>
						<code class={styles.whole} ref={tokenText} translate="no">
							{props.issued.token}
						</code>
					</Show>
				</div>
				<div class={styles.buttons}>
					<CopyButton
						ref={(element) => (copyButton = element)}
						variant={safe() ? "secondary" : "primary"}
						label={words().copy}
						copiedLabel={t().create.reveal.copied}
						text={() => props.issued.token}
						onCopied={() => setSafe(true)}
						onRefused={copyByHand}
					/>
					<Button icon="eye" onClick={() => setShown(!shown())}>
						{shown() ? words().hide : words().show}
					</Button>
				</div>
				<div role="alert" class={styles.refused}>
					<Show when={refused()}>
						<Notice tone="warning">{words().refused}</Notice>
					</Show>
				</div>
				<Show when={refused()}>
					<Choice
						type="checkbox"
						label={words().saved}
						checked={safe()}
						onChange={(event) => setSafe(event.currentTarget.checked)}
					/>
				</Show>
				<SnippetTabs<TokenSnippetName>
					names={TOKEN_SNIPPETS}
					titles={TOKEN_SNIPPET_TITLES}
					text={(name, token) => tokenSnippet(name, { token, origin: location.origin })}
					shown={shown() ? props.issued.token : MASKED}
					secret={() => props.issued.token}
					onCopied={() => setSafe(true)}
					onRefused={copyByHand}
				/>
			</Dialog>
			<Show when={leave()} keyed>
				{(leaving) => (
					<AlertDialog
						title={words().leaveTitle}
						onClose={() => !revoke.busy() && setLeave(null)}
						returnFocusTo={() => copyButton}
						footer={
							<>
								<Button variant="primary" disabled={revoke.busy()} onClick={() => setLeave(null)}>
									{t().create.reveal.back}
								</Button>
								<Button
									variant="danger"
									busy={revoke.busy()}
									onClick={async () => {
										if (await revoke.run(props.issued.management_token)) go(leaving);
									}}
								>
									{t().create.reveal.leaveAndRevoke}
								</Button>
								<Button disabled={revoke.busy()} onClick={() => go(leaving)}>
									{t().create.reveal.leave}
								</Button>
							</>
						}
					>
						<p>{words().leaveText}</p>
					</AlertDialog>
				)}
			</Show>
		</>
	);
}
