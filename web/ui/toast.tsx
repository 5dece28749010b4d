import * as Kobalte from "@kobalte/core/toast";
import { createContext, type JSX, Show, useContext } from "solid-js";
import { Portal } from "solid-js/web";
import { Icon } from "./icon.tsx";
import styles from "./toast.module.css";

interface ToastOptions {
	/** Something failed: it is announced at once and stays longer, since its details may have to be copied. */
	failed?: boolean;
	/** A second line. */
	details?: () => JSX.Element;
}

const DONE_MS = 5_000;
const FAILED_MS = 20_000;

/** The close button's name, which only the page knows. */
const CloseLabel = createContext<() => string>(() => "");

/** Shows a message for a few seconds. */
export function notify(text: string, options: ToastOptions = {}): void {
	Kobalte.toaster.show((toast) => <Toast id={toast.toastId} text={text} {...options} />);
}

function Toast(props: ToastOptions & { id: number; text: string }) {
	const closeLabel = useContext(CloseLabel);
	return (
		<Kobalte.Root
			// A list item that is also a status is neither to a screen reader.
			as="div"
			toastId={props.id}
			class={styles.toast}
			priority={props.failed ? "high" : "low"}
			duration={props.failed ? FAILED_MS : DONE_MS}
		>
			<span classList={{ [(props.failed ? styles.bad : styles.good) ?? ""]: true }}>
				<Icon name={props.failed ? "warning" : "check"} />
			</span>
			<div class={styles.words}>
				<Kobalte.Title as="div">{props.text}</Kobalte.Title>
				<Show when={props.details}>
					{(details) => (
						<Kobalte.Description as="div" class="secondary">
							{details()()}
						</Kobalte.Description>
					)}
				</Show>
			</div>
			<Kobalte.CloseButton class={styles.cross} aria-label={closeLabel()}>
				<Icon name="close" />
			</Kobalte.CloseButton>
		</Kobalte.Root>
	);
}

/** Where toasts appear. Once per page. */
export function Toaster(props: { label: string; closeLabel: string }) {
	return (
		<CloseLabel.Provider value={() => props.closeLabel}>
			<Portal>
				<Kobalte.Region aria-label={props.label} limit={3}>
					<Kobalte.List as="div" class={styles.list} />
				</Kobalte.Region>
			</Portal>
		</CloseLabel.Provider>
	);
}
