import { A } from "@solidjs/router";
import { createMemo, createSignal, For, Show, untrack } from "solid-js";
import type { ApiKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { SelectField } from "../../../ui/field.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { notify } from "../../../ui/toast.tsx";
import { CALLS, titleOf } from "../../integration-calls.ts";
import { callSnippet, callsOf, LANGUAGE_TITLES, LANGUAGES, type SnippetLanguage } from "./call-snippets.ts";
import styles from "./use-panel.module.css";

/** The calls that the key may make, as code to paste. Shows when the first request of a new key has arrived. */
export function UsePanel(props: {
	apiKey: ApiKey;
	/** Whether the panel starts open. */
	open: boolean;
}) {
	const words = () => t().key.use;
	const calls = createMemo(() => callsOf(CALLS, props.apiKey.scopes));
	const [wanted, setWanted] = createSignal<string>();
	/** A key may lose a scope while it is on the screen. */
	const call = () => calls().find((one) => titleOf(one) === wanted()) ?? calls()[0] ?? CALLS[0];
	const [language, setLanguage] = createSignal<SnippetLanguage>("curl");
	const isSigned = () => props.apiKey.authentication === "signed";
	const code = (language: SnippetLanguage) =>
		callSnippet(language, { call: call(), origin: location.origin, signed: isSigned() });
	const wasUnused = untrack(() => props.apiKey.last_used_at === null);
	const news = () => {
		if (!wasUnused) return "";
		return props.apiKey.last_used_at === null ? words().waiting : words().arrived;
	};
	const copyFailed = () => notify(t().common.copyFailed);
	return (
		<details open={untrack(() => props.open)}>
			<Title />
			<div class={styles.content}>
				<div class={styles.base}>
					<span class="secondary">{words().base}</span>
					<code>{location.origin}</code>
					<CopyButton
						variant="quiet"
						text={() => location.origin}
						label={t().common.copy}
						copiedLabel={t().common.copied}
						description={words().copyBase}
						onRefused={copyFailed}
					/>
				</div>
				<div class={styles.call}>
					<SelectField
						label={words().call}
						value={titleOf(call())}
						onChange={(event) => setWanted(event.currentTarget.value)}
					>
						<For each={calls()}>{(one) => <option value={titleOf(one)}>{titleOf(one)}</option>}</For>
					</SelectField>
				</div>
				<Tabs
					label={words().languages}
					tabs={LANGUAGE_TABS}
					value={language()}
					onChange={setLanguage}
					aside={
						<CopyButton
							variant="quiet"
							text={() => code(language())}
							label={t().common.copy}
							copiedLabel={t().common.copied}
							description={words().copyCode(LANGUAGE_TITLES[language()])}
							onRefused={copyFailed}
						/>
					}
				>
					{(language) => (
						<pre class={styles.code}>
							<code translate="no">{code(language)}</code>
						</pre>
					)}
				</Tabs>
				<p class="secondary">{isSigned() ? words().readsBoth : words().readsKey}</p>
				<p role="status" class={styles.news}>
					{news()}
				</p>
				<p class={styles.links}>
					<a href="/docs" target="_self">
						{words().reference}
					</a>
					<Show when={isSigned()}>
						<A href={paths.sandbox}>{t().keys.trySigned}</A>
					</Show>
				</p>
			</div>
		</details>
	);
}

/** The closed panel of a key that is not loaded yet. */
export const UsePanelSkeleton = () => (
	<details>
		<Title />
		<Skeleton width="240px" />
	</details>
);

const Title = () => (
	<summary class={styles.summary}>
		<h2>{t().key.use.title}</h2>
	</summary>
);

const LANGUAGE_TABS = LANGUAGES.map((value) => ({ value, label: LANGUAGE_TITLES[value] }));
