import { createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { t } from "../../i18n/index.ts";
import { serverNow } from "../../server-time.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { CALLS, titleOf } from "../integration-calls.ts";
import styles from "./sandbox.module.css";
import { bothIn, isKey, isSecret, pathToSend } from "./sandbox-input.ts";
import { MISTAKES, type Mistake, type Outcome, sendSigned } from "./signed-call.ts";

const bodyText = (body: object | null): string => (body === null ? "" : JSON.stringify(body, null, 2));

/**
 * Key, secret and request. Everything stays in signals of this form, and the secret in one alone: no URL, no storage and no
 * cache has it, and it is gone with the screen.
 */
export function SandboxForm(props: { onSent: (outcome: Outcome | null) => void }) {
	const words = () => t().sandbox;
	const [key, setKey] = createSignal("");
	const [secret, setSecret] = createSignal("");
	const [call, setCall] = createSignal(CALLS[0]);
	const [path, setPath] = createSignal(CALLS[0].path);
	const [body, setBody] = createSignal("");
	const [mistake, setMistake] = createSignal<Mistake>("none");
	const [tried, setTried] = createSignal(false);
	const [busy, setBusy] = createSignal(false);

	const hasBody = () => call().body !== null;
	const mistakes = () => MISTAKES.filter((one) => one !== "body" || hasBody());
	const toSend = () => pathToSend(path().trim(), location.origin);
	const faults = () => ({
		key: isKey(key().trim()) ? undefined : words().keyFault,
		secret: isSecret(secret().trim()) ? undefined : words().secretFault,
		path: toSend() === null ? words().pathFault : undefined,
	});
	const shownFaults = () => (tried() ? faults() : { key: undefined, secret: undefined, path: undefined });
	const changesLiveData = () => call().method !== "GET" && key().trim().startsWith("sk_live_");

	const forget = () => {
		setSecret("");
		props.onSent(null);
	};
	onCleanup(forget);
	// A browser may keep a page that was left, to show it again when the person goes back.
	onMount(() => window.addEventListener("pagehide", forget));
	onCleanup(() => window.removeEventListener("pagehide", forget));

	const choose = (title: string) => {
		const chosen = CALLS.find((one) => titleOf(one) === title);
		if (!chosen) return;
		setCall(chosen);
		setPath(chosen.path);
		setBody(bodyText(chosen.body));
		if (!mistakes().includes(mistake())) setMistake("none");
	};
	const paste = (event: ClipboardEvent) => {
		const both = bothIn(event.clipboardData?.getData("text") ?? "");
		if (!both) return;
		event.preventDefault();
		setKey(both.key);
		setSecret(both.secret);
	};
	let lastTimestamp = 0;
	/** Two requests of the same second would have the same signature, and the service would refuse the second as a replay. */
	const nextTimestamp = () => {
		lastTimestamp = Math.max(Math.floor(serverNow() / 1_000), lastTimestamp + 1);
		return lastTimestamp;
	};
	const send = async (form: HTMLFormElement) => {
		const path = toSend();
		setTried(true);
		if (busy()) return;
		if (path === null || Object.values(faults()).some((fault) => fault !== undefined)) {
			form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
			return;
		}
		setBusy(true);
		props.onSent(null);
		try {
			props.onSent(
				await sendSigned({
					key: key().trim(),
					secret: secret().trim(),
					method: call().method,
					path,
					body: hasBody() ? body() : null,
					mistake: mistake(),
					at: nextTimestamp(),
				}),
			);
		} finally {
			setBusy(false);
		}
	};

	return (
		<form
			class={styles.form}
			autocomplete="off"
			noValidate
			method="post"
			onSubmit={(event) => {
				event.preventDefault();
				void send(event.currentTarget);
			}}
		>
			<div class={styles.group} onPaste={paste}>
				<TextField
					label={words().key}
					hint={words().pasteHint(t().create.reveal.signed.copy)}
					error={shownFaults().key}
					mono
					spellcheck={false}
					value={key()}
					onInput={(event) => setKey(event.currentTarget.value)}
				/>
				<TextField
					label={words().secret}
					hint={words().secretHint}
					error={shownFaults().secret}
					mono
					type="password"
					value={secret()}
					onInput={(event) => setSecret(event.currentTarget.value)}
				/>
			</div>
			<SelectField label={words().call} value={titleOf(call())} onChange={(event) => choose(event.currentTarget.value)}>
				<For each={CALLS}>{(one) => <option value={titleOf(one)}>{titleOf(one)}</option>}</For>
			</SelectField>
			<TextField
				label={words().path}
				hint={words().pathHint}
				error={shownFaults().path}
				mono
				spellcheck={false}
				value={path()}
				onInput={(event) => setPath(event.currentTarget.value)}
			/>
			<Show when={hasBody()}>
				<TextArea
					label={words().body}
					hint={words().bodyHint}
					mono
					rows={6}
					value={body()}
					onInput={(event) => setBody(event.currentTarget.value)}
				/>
			</Show>
			<SelectField
				label={words().mistake}
				hint={words().mistakeHint}
				value={mistake()}
				onChange={(event) => setMistake(event.currentTarget.value as Mistake)}
			>
				<For each={mistakes()}>{(one) => <option value={one}>{words().mistakes[one]}</option>}</For>
			</SelectField>
			<div role="status" class={styles.live}>
				<Show when={changesLiveData()}>
					<Notice tone="warning">{words().live}</Notice>
				</Show>
			</div>
			<div class={styles.buttons}>
				<Button type="submit" variant="primary" busy={busy()}>
					{busy() ? words().sending : words().send}
				</Button>
			</div>
		</form>
	);
}
