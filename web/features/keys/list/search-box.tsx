import { createEffect, onCleanup } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { searchFor } from "../../../key-secret.ts";
import { useShortcut } from "../../../shortcut.ts";
import { Icon } from "../../../ui/icon.tsx";
import styles from "./search-box.module.css";

/** The list follows the search text after this pause. */
const SEARCH_DELAY_MS = 200;

/** Searches while the person types or pastes. The caller replaces the URL, so that going back does not replay the typing. */
export function SearchBox(props: { value: string; onChange: (value: string) => void }) {
	let input: HTMLInputElement | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let sent = props.value;
	onCleanup(() => clearTimeout(timer));
	useShortcut("/", () => input?.focus());
	// If the URL has another text than what was typed here, it wins: the person went back or cleared the filters.
	createEffect(() => {
		const { value } = props;
		if (value === sent) return;
		sent = value;
		clearTimeout(timer);
		if (input) input.value = value;
	});
	const schedule = (value: string, delayMs: number) => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			timer = undefined;
			sent = searchFor(value);
			// A pasted secret does not stay on the screen either.
			if (input && sent !== value) input.value = sent;
			props.onChange(sent);
		}, delayMs);
	};
	return (
		<search class={styles.search}>
			<label>
				<span class="visually-hidden">{t().keys.searchHint}</span>
				<Icon name="search" />
				<input
					ref={input}
					type="search"
					value={props.value}
					placeholder={t().keys.search}
					title={t().keys.searchHint}
					aria-keyshortcuts="/"
					autocomplete="off"
					spellcheck={false}
					onInput={(event) => schedule(event.currentTarget.value, SEARCH_DELAY_MS)}
					// Apply at once: the next action should be on the list that was searched for.
					onBlur={(event) => timer !== undefined && schedule(event.currentTarget.value, 0)}
					onKeyDown={(event) => {
						if (event.key !== "Escape") return;
						event.preventDefault();
						if (event.currentTarget.value === "") event.currentTarget.blur();
						event.currentTarget.value = "";
						schedule("", 0);
					}}
				/>
				<span aria-hidden="true">
					<kbd>/</kbd>
				</span>
			</label>
		</search>
	);
}
