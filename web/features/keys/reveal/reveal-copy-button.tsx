import { createSignal, onCleanup } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";

/** How long the button says that it has copied. */
const CONFIRM_MS = 2_000;

/**
 * Copies a text that has the key in it. Unlike other copying, a refusal of the browser needs an answer on the spot:
 * `onRefused` shows the key for copying it by hand.
 */
export function RevealCopyButton(props: {
	text: () => string;
	label: string;
	/** For screen readers, where the label says too little. */
	description?: string;
	variant?: "primary" | "secondary" | "quiet";
	ref?: (element: HTMLButtonElement) => void;
	onCopied: () => void;
	onRefused: () => void;
}) {
	const [copied, setCopied] = createSignal(false);
	let timer: ReturnType<typeof setTimeout> | undefined;
	onCleanup(() => clearTimeout(timer));
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(props.text());
		} catch {
			props.onRefused();
			return;
		}
		setCopied(true);
		props.onCopied();
		clearTimeout(timer);
		timer = setTimeout(() => setCopied(false), CONFIRM_MS);
	};
	return (
		<Button
			ref={(element) => props.ref?.(element)}
			variant={props.variant ?? "secondary"}
			icon={copied() ? "check" : "copy"}
			aria-label={copied() ? undefined : props.description}
			onClick={copy}
		>
			<span aria-live="polite">{copied() ? t().create.reveal.copied : props.label}</span>
		</Button>
	);
}
