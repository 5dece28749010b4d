import * as Kobalte from "@kobalte/core/dialog";
import { createComputed, type JSX, Show } from "solid-js";
import { t } from "../i18n/index.ts";
import styles from "./dialog.module.css";
import { Icon } from "./icon.tsx";

interface DialogProps {
	open: boolean;
	/** Asked to close: by Escape, the cross, or a click beside it. */
	onClose: () => void;
	title: string;
	/** Read out with the title. */
	description?: JSX.Element;
	children?: JSX.Element;
	/** Buttons, the one that goes on last. */
	footer?: JSX.Element;
	/** Wider, for what has to be read or copied. */
	wide?: boolean;
	/** What was begun in it is not over: it stays until then. */
	busy?: boolean;
	/** Cannot be left by a stray click; Escape and the cross still ask `onClose`. */
	steadfast?: boolean;
	/** No cross: there is a button that says what leaving means. */
	withoutCross?: boolean;
	/** What has the focus at first. Default: the first thing that can have it. */
	focusFirst?: () => HTMLElement | null | undefined;
	/** Where focus goes afterwards. Default: back to where it was, if that still exists. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}

/** A modal dialog: holds the focus, is named and described, and gives the focus back. */
export function Dialog(props: DialogProps) {
	let before: Element | null = null;
	// Asked before the dialog takes the focus, however often it opens.
	createComputed(() => {
		if (props.open) before = document.activeElement;
	});
	return (
		<Kobalte.Root open={props.open} onOpenChange={(open) => !open && !props.busy && props.onClose()} preventScroll>
			<Kobalte.Portal>
				<Kobalte.Overlay class={styles.veil} />
				<div class={styles.stage}>
					<Kobalte.Content
						class={styles.dialog}
						classList={{ [styles.wide ?? ""]: props.wide === true }}
						onPointerDownOutside={(event) => props.steadfast && event.preventDefault()}
						onInteractOutside={(event) => props.steadfast && event.preventDefault()}
						onOpenAutoFocus={(event) => {
							const target = props.focusFirst?.();
							if (!target) return;
							event.preventDefault();
							target.focus();
						}}
						onCloseAutoFocus={(event) => {
							const target = props.returnFocusTo?.() ?? before;
							if (!(target instanceof HTMLElement && target.isConnected)) return;
							event.preventDefault();
							target.focus();
						}}
					>
						<header class={styles.header}>
							<Kobalte.Title class={styles.title}>{props.title}</Kobalte.Title>
							<Show when={!props.withoutCross}>
								<Kobalte.CloseButton
									class={styles.cross}
									aria-label={t().common.close}
									aria-disabled={props.busy ? "true" : undefined}
								>
									<Icon name="close" />
								</Kobalte.CloseButton>
							</Show>
						</header>
						<div class={styles.body}>
							<Show when={props.description}>
								<Kobalte.Description as="div" class={styles.description}>
									{props.description}
								</Kobalte.Description>
							</Show>
							{props.children}
						</div>
						<Show when={props.footer}>
							<footer class={styles.footer}>{props.footer}</footer>
						</Show>
					</Kobalte.Content>
				</div>
			</Kobalte.Portal>
		</Kobalte.Root>
	);
}
