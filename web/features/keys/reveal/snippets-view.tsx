import { createSignal } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import styles from "./reveal-dialog.module.css";
import { SIGNED_SNIPPET_TITLES, SIGNED_SNIPPETS, type SignedSnippetName, signedSnippet } from "./signed-snippets.ts";
import { SNIPPET_TITLES, SNIPPETS, type SnippetName, snippet } from "./snippets.ts";

/** Code that uses the key. It shows `shownKey`, which may be masked; the copied text has the key itself. */
export function Snippets(props: {
	shownKey: string;
	secret: () => string;
	onCopied: () => void;
	onRefused: () => void;
}) {
	return (
		<SnippetTabs<SnippetName>
			names={SNIPPETS}
			titles={SNIPPET_TITLES}
			text={(name, key) => snippet(name, { key, origin: location.origin, comment: t().create.reveal.snippetComment })}
			shown={props.shownKey}
			secret={props.secret}
			onCopied={props.onCopied}
			onRefused={props.onRefused}
		/>
	);
}

/** Code that signs a request. It shows `shownSecret`, which may be masked; the copied text has the secret itself. */
export function SignedSnippets(props: {
	apiKey: string;
	shownSecret: string;
	secret: () => string;
	onCopied: () => void;
	onRefused: () => void;
}) {
	return (
		<SnippetTabs<SignedSnippetName>
			names={SIGNED_SNIPPETS}
			titles={SIGNED_SNIPPET_TITLES}
			text={(name, secret) => signedSnippet(name, { key: props.apiKey, secret, origin: location.origin })}
			shown={props.shownSecret}
			secret={props.secret}
			onCopied={props.onCopied}
			onRefused={props.onRefused}
		/>
	);
}

/** Tabs of snippets, each made by `text` of its name and the secret. */
export function SnippetTabs<N extends string>(props: {
	names: readonly [N, ...N[]];
	titles: Record<N, string>;
	text: (name: N, secret: string) => string;
	shown: string;
	secret: () => string;
	onCopied: () => void;
	onRefused: () => void;
}) {
	const [chosen, setChosen] = createSignal<N>(props.names[0]);
	return (
		<Tabs
			label={t().create.reveal.use}
			tabs={props.names.map((value) => ({ value, label: props.titles[value] }))}
			value={chosen()}
			onChange={(name: N) => setChosen(() => name)}
			aside={
				<CopyButton
					variant="quiet"
					label={t().common.copy}
					copiedLabel={t().common.copied}
					description={t().create.reveal.copySnippet(props.titles[chosen()])}
					text={() => props.text(chosen(), props.secret())}
					onCopied={props.onCopied}
					onRefused={props.onRefused}
				/>
			}
		>
			{(name) => (
				<pre class={styles.snippet}>
					<code>{props.text(name, props.shown)}</code>
				</pre>
			)}
		</Tabs>
	);
}
