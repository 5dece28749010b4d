import { Show } from "solid-js";
import type { IssuedToken } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { AlertDialog } from "../../ui/alert-dialog.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choice } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import styles from "../keys/reveal/reveal-dialog.module.css";
import { createReveal } from "../keys/reveal/reveal-guard.ts";
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
	const reveal = createReveal(() => props.onDone());
	const revoke = createRevoke();
	let copyButton: HTMLButtonElement | undefined;

	const words = () => t().tokens.reveal;

	return (
		<>
			<Dialog
				open
				wide
				ignoreOutsideClick
				onClose={reveal.finish}
				title={words().title(props.issued.management_token.name)}
				description={
					<>
						<p class={styles.once}>{words().once}</p>
						<p>{words().advice}</p>
					</>
				}
				footer={
					<Button variant={reveal.safe() ? "primary" : "secondary"} onClick={reveal.finish}>
						{t().create.reveal.done}
					</Button>
				}
			>
				<div class={styles.key}>
					<span class="visually-hidden">{words().token}: </span>
					<Show
						when={reveal.shown()}
						fallback={
							<>
								<span class="visually-hidden">{words().hidden}</span>
								<code aria-hidden="true">{MASKED}</code>
							</>
						}
					>
						<code class={styles.whole} ref={reveal.setWhole} translate="no">
							{props.issued.token}
						</code>
					</Show>
				</div>
				<div class={styles.buttons}>
					<CopyButton
						ref={(element) => (copyButton = element)}
						variant={reveal.safe() ? "secondary" : "primary"}
						label={words().copy}
						copiedLabel={t().create.reveal.copied}
						text={() => props.issued.token}
						onCopied={reveal.copied}
						onRefused={reveal.copyByHand}
					/>
					<Button icon="eye" onClick={reveal.toggle}>
						{reveal.shown() ? words().hide : words().show}
					</Button>
				</div>
				<div role="alert" class={styles.refused}>
					<Show when={reveal.refused()}>
						<Notice tone="warning">{words().refused}</Notice>
					</Show>
				</div>
				<Show when={reveal.refused()}>
					<Choice
						type="checkbox"
						label={words().saved}
						checked={reveal.safe()}
						onChange={(event) => reveal.setSafe(event.currentTarget.checked)}
					/>
				</Show>
				<SnippetTabs<TokenSnippetName>
					names={TOKEN_SNIPPETS}
					titles={TOKEN_SNIPPET_TITLES}
					text={(name, token) => tokenSnippet(name, { token, origin: location.origin })}
					shown={reveal.shown() ? props.issued.token : MASKED}
					secret={() => props.issued.token}
					onCopied={reveal.copied}
					onRefused={reveal.copyByHand}
				/>
			</Dialog>
			<Show when={reveal.leave()} keyed>
				{(leaving) => (
					<AlertDialog
						title={words().leaveTitle}
						onClose={() => !revoke.busy() && reveal.stay()}
						returnFocusTo={() => copyButton}
						footer={
							<>
								<Button variant="primary" disabled={revoke.busy()} onClick={() => reveal.stay()}>
									{t().create.reveal.back}
								</Button>
								<Button
									variant="danger"
									busy={revoke.busy()}
									onClick={async () => {
										if (await revoke.run(props.issued.management_token)) reveal.go(leaving);
									}}
								>
									{t().create.reveal.leaveAndRevoke}
								</Button>
								<Button disabled={revoke.busy()} onClick={() => reveal.go(leaving)}>
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
