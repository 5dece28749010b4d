import * as Kobalte from "@kobalte/core/dialog";
import { createComputed, type JSX, Show } from "solid-js";
import styles from "./dialog.module.css";
import { Icon } from "./icon.tsx";

interface DialogProps {
	open: boolean;
	/** Called to close it: by Escape, the close button, or a click outside. */
	onClose: () => void;
	title: string;
	/** Read out with the title. */
	description?: JSX.Element;
	children?: JSX.Element;
	/** Buttons, with the main one last. */
	footer?: JSX.Element;
	/** Wider, for long texts. */
	wide?: boolean;
	/** An action is running: the dialog stays open until it ends. */
	busy?: boolean;
	/** A click outside does not close it; Escape still calls `onClose`. */
	ignoreOutsideClick?: boolean;
	/** Name of the close button. Without a name there is none: a button in the footer says what closing means. */
	closeLabel?: string;
	/** Gets the focus when it opens. Default: the first focusable element. */
	focusFirst?: () => HTMLElement | null | undefined;
	/** Gets the focus when it closes. Default: what had it before, if that still exists. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}

/** A modal dialog: keeps the focus inside, is named and described, and returns the focus when it closes. */
export function Dialog(props: DialogProps) {
	let before: Element | null = null;
	// Read before the dialog takes the focus, each time it opens.
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
						onPointerDownOutside={(event) => props.ignoreOutsideClick && event.preventDefault()}
						onInteractOutside={(event) => props.ignoreOutsideClick && event.preventDefault()}
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
							<Show when={props.closeLabel}>
								{(label) => (
									<Kobalte.CloseButton
										class={styles.cross}
										aria-label={label()}
										aria-disabled={props.busy ? "true" : undefined}
									>
										<Icon name="close" />
									</Kobalte.CloseButton>
								)}
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
