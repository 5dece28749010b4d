import { createSignal, onCleanup } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { notify } from "./toast.tsx";

/** Puts the text on the clipboard. False where the browser does not allow that, or has none because of `http:`. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

/** How long the button says that it has copied. */
const CONFIRM_MS = 2_000;

/**
 * Copies, and says so in its own place. `onCopied` hears of it only when it worked. Where a refusal of the browser needs
 * an answer on the spot, `onRefused` gives it; otherwise a toast tells what to do.
 */
export function CopyButton(props: {
	text: () => string;
	/** Default: Copy. */
	label?: string;
	/** For screen readers, where several of them stand together. */
	description?: string;
	variant?: "primary" | "secondary" | "quiet";
	ref?: (element: HTMLButtonElement) => void;
	onCopied?: () => void;
	onRefused?: () => void;
}) {
	const [copied, setCopied] = createSignal(false);
	let timer: ReturnType<typeof setTimeout> | undefined;
	onCleanup(() => clearTimeout(timer));
	const copy = async () => {
		if (!(await copyText(props.text()))) {
			if (props.onRefused) props.onRefused();
			else notify(t().common.copyFailed);
			return;
		}
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
			<span aria-live="polite">{copied() ? t().common.copied : (props.label ?? t().common.copy)}</span>
		</Button>
	);
}
