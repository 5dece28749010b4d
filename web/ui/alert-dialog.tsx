import * as Kobalte from "@kobalte/core/alert-dialog";
import type { JSX } from "solid-js";
import styles from "./dialog.module.css";

/**
 * A question that has to be answered before the person can go on. Only its buttons answer it; Escape cancels. The first
 * button gets the focus, so it must be the harmless one. It is open while it is mounted.
 */
export function AlertDialog(props: {
	title: string;
	children: JSX.Element;
	/** Buttons, with the harmless one first. */
	footer: JSX.Element;
	/** Called on Escape. */
	onClose: () => void;
	/** Gets the focus when it closes, if it still exists. */
	returnFocusTo?: () => HTMLElement | null | undefined;
}) {
	return (
		<Kobalte.Root open onOpenChange={(open) => !open && props.onClose()} preventScroll>
			<Kobalte.Portal>
				<Kobalte.Overlay class={styles.veil} />
				<div class={styles.stage}>
					<Kobalte.Content
						class={styles.dialog}
						onPointerDownOutside={(event) => event.preventDefault()}
						onInteractOutside={(event) => event.preventDefault()}
						onCloseAutoFocus={(event) => {
							event.preventDefault();
							const target = props.returnFocusTo?.();
							if (target?.isConnected) target.focus();
						}}
					>
						<header class={styles.header}>
							<Kobalte.Title class={styles.title}>{props.title}</Kobalte.Title>
						</header>
						<div class={styles.body}>
							<Kobalte.Description as="div" class={styles.description}>
								{props.children}
							</Kobalte.Description>
						</div>
						<footer class={styles.footer}>{props.footer}</footer>
					</Kobalte.Content>
				</div>
			</Kobalte.Portal>
		</Kobalte.Root>
	);
}
