import { createSignal, onCleanup } from "solid-js";
import { Button } from "./button.tsx";

/** Copies the text. False if the browser does not allow it, or has no clipboard because the page is not served over HTTPS. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

/** How long the button shows that it has copied. */
const CONFIRM_MS = 2_000;

/** Copies a text and confirms it on the button itself. */
export function CopyButton(props: {
	text: () => string;
	label: string;
	/** Shown for a moment instead of the label. */
	copiedLabel: string;
	/** For screen readers, where there are several such buttons. */
	description?: string;
	variant?: "primary" | "secondary" | "quiet";
	ref?: (element: HTMLButtonElement) => void;
	onCopied?: () => void;
	/** The browser did not allow it. */
	onRefused: () => void;
}) {
	const [copied, setCopied] = createSignal(false);
	let timer: ReturnType<typeof setTimeout> | undefined;
	onCleanup(() => clearTimeout(timer));
	const copy = async () => {
		if (!(await copyText(props.text()))) return props.onRefused();
		setCopied(true);
		props.onCopied?.();
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
			<span aria-live="polite">{copied() ? props.copiedLabel : props.label}</span>
		</Button>
	);
}
