import { useNavigate } from "@solidjs/router";
import { Show } from "solid-js";
import { unwrap } from "solid-js/store";
import type { ApiKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { notifyModuleMissing } from "../../../load-module.ts";
import { lastListPath, paths } from "../../../paths.ts";
import { BackLink } from "../../../ui/back-link.tsx";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Menu } from "../../../ui/menu.tsx";
import type { MenuItem } from "../../../ui/open-menu.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { useKeyActions } from "../key-actions.ts";
import { hasEnded, isRotating, type KeyState, keyHint } from "../key-state.ts";
import { StatusBadge } from "../status-badge.tsx";
import styles from "./key-header.module.css";

/** Leads to the list as the person saw it last. */
export const BackToList = () => <BackLink href={lastListPath()}>{t().keys.title}</BackLink>;

type Kind = "edit" | "revoke" | "delete";

/** The key's name and state, and what can be done with it. */
export function KeyHeader(props: { apiKey: ApiKey; state: KeyState; onDelete: () => void }) {
	const actions = useKeyActions();
	const navigate = useNavigate();
	let heading: HTMLHeadingElement | undefined;
	let buttons: HTMLDivElement | undefined;
	const start = (kind: Kind, from: () => HTMLElement | null | undefined) => {
		let done = false;
		actions.start({
			kind,
			// A copy, so that a refetch does not change what the person reads or edits in the dialog.
			keys: [structuredClone(unwrap(props.apiKey))],
			onDone: () => {
				done = true;
				if (kind !== "delete") return;
				props.onDelete();
				navigate(lastListPath());
			},
			// The button is gone if the key has ended, and the screen is gone if it was deleted.
			returnFocusTo: () => {
				if (!done || kind === "edit") return from();
				return kind === "revoke" ? heading : document.getElementById("content");
			},
		});
	};
	const startFrom = (kind: Kind) => (event: MouseEvent & { currentTarget: HTMLElement }) => {
		const button = event.currentTarget;
		start(kind, () => button);
	};
	const fromMenu = (kind: Kind) => () => start(kind, () => buttons?.querySelector<HTMLElement>("[aria-haspopup]"));
	// A revoked key cannot be changed. An expired key works again with a later expiry.
	const isFinal = () => props.state === "revoked";
	const items = (): MenuItem[] => [
		{ label: t().keys.revoke, danger: true, onSelect: fromMenu("revoke") },
		{ label: t().keys.delete, danger: true, onSelect: fromMenu("delete") },
	];
	return (
		<header class={styles.header}>
			<BackToList />
			<div class={styles.line}>
				<div class={styles.names}>
					<h1 ref={heading} tabindex="-1">
						{props.apiKey.name}
					</h1>
					<p class={styles.marks}>
						<StatusBadge state={props.state} />
						<span>{t().keys.environments[props.apiKey.environment]}</span>
						<code>{keyHint(props.apiKey)}</code>
					</p>
				</div>
				<div class={styles.buttons} ref={buttons}>
					<Show when={hasEnded(props.state)}>
						<LinkButton href={paths.newKeyLike(props.apiKey.id)}>{t().keys.createReplacement}</LinkButton>
					</Show>
					<Show when={!isFinal()}>
						<Button onClick={startFrom("edit")}>{t().keys.edit}</Button>
						<Show when={!hasEnded(props.state)}>
							<LinkButton
								href={paths.rotateKey(props.apiKey.id)}
								variant={isRotating(props.apiKey) ? "primary" : "secondary"}
							>
								{isRotating(props.apiKey) ? t().keys.resumeRotation : t().keys.rotate}
							</LinkButton>
						</Show>
						<Button class={`${styles.ending} ${styles.roomy}`} onClick={startFrom("revoke")}>
							{t().keys.revoke}
						</Button>
					</Show>
					<Button class={isFinal() ? styles.ending : `${styles.ending} ${styles.roomy}`} onClick={startFrom("delete")}>
						{t().keys.delete}
					</Button>
					<Show when={!isFinal()}>
						<span class={styles.narrow}>
							<Menu label={t().keys.actionsFor(props.apiKey.name)} items={items} onLoadError={notifyModuleMissing} />
						</span>
					</Show>
				</div>
			</div>
		</header>
	);
}

export function KeyHeaderSkeleton() {
	return (
		<header class={styles.header}>
			<BackToList />
			<div class={styles.line}>
				<div class={styles.names}>
					<h1 aria-label={t().key.title}>
						<Skeleton width="240px" height="20px" />
					</h1>
					<p class={styles.marks}>
						<Skeleton width="200px" />
					</p>
				</div>
				<div class={styles.buttons} />
			</div>
		</header>
	);
}
