import { createSignal } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import styles from "./reveal-dialog.module.css";
import { SNIPPET_TITLES, SNIPPETS, type SnippetName, snippet } from "./snippets.ts";

/** Code that uses the key. It shows `shownKey`, which may be masked; the copied text has the key itself. */
export function Snippets(props: {
	shownKey: string;
	secret: () => string;
	onCopied: () => void;
	onRefused: () => void;
}) {
	const [chosen, setChosen] = createSignal<SnippetName>("curl");
	const text = (name: SnippetName, key: string) =>
		snippet(name, { key, origin: location.origin, comment: t().create.reveal.snippetComment });
	return (
		<Tabs
			label={t().create.reveal.use}
			tabs={SNIPPETS.map((value) => ({ value, label: SNIPPET_TITLES[value] }))}
			value={chosen()}
			onChange={setChosen}
			aside={
				<CopyButton
					variant="quiet"
					label={t().common.copy}
					copiedLabel={t().common.copied}
					description={t().create.reveal.copySnippet(SNIPPET_TITLES[chosen()])}
					text={() => text(chosen(), props.secret())}
					onCopied={props.onCopied}
					onRefused={props.onRefused}
				/>
			}
		>
			{(name) => (
				<pre class={styles.snippet}>
					<code>{text(name, props.shownKey)}</code>
				</pre>
			)}
		</Tabs>
	);
}
