import { A, useNavigate } from "@solidjs/router";
import { type Accessor, Show } from "solid-js";
import type { KeyList } from "../../../api/types.ts";
import { formatNumber, formatShort } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { notifyModuleMissing } from "../../../load-module.ts";
import { paths } from "../../../paths.ts";
import { RelativeTime } from "../../../time.tsx";
import { copyText } from "../../../ui/copy-button.tsx";
import type { RowPlace } from "../../../ui/data-table.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Menu } from "../../../ui/menu.tsx";
import type { MenuItem } from "../../../ui/open-menu.tsx";
import { notify } from "../../../ui/toast.tsx";
import { useKeyActions } from "../key-actions.ts";
import { hasEnded, isRotating, type KeyState, keyHint, keyState } from "../key-state.ts";
import { ScopeList } from "../scope-list.tsx";
import { StatusBadge } from "../status-badge.tsx";
import styles from "./key-table.module.css";
import { Sparkline } from "./sparkline.tsx";

export type ListedKey = KeyList["items"][number];

/** One key in the list. The whole row opens it, except the checkbox and the menu. */
export function KeyRow(props: {
	apiKey: ListedKey;
	place: RowPlace;
	now: Accessor<number>;
	selected: boolean;
	onSelect: (selected: boolean) => void;
}) {
	const state = () => keyState(props.apiKey, props.now());
	let menu: HTMLTableCellElement | undefined;
	const menuButton = () => menu?.querySelector("button");
	return (
		<tr {...props.place} aria-selected={props.selected} data-state={state()} onClick={openKey}>
			<td class={styles.select}>
				<label class={styles.box}>
					<span class="visually-hidden">{t().keys.select(props.apiKey.name)}</span>
					<input
						type="checkbox"
						checked={props.selected}
						disabled={state() === "revoked"}
						onChange={(event) => props.onSelect(event.currentTarget.checked)}
					/>
				</label>
			</td>
			<th scope="row" class={styles.name}>
				<A href={paths.key(props.apiKey.id)} class={styles.open} title={props.apiKey.name}>
					{props.apiKey.name}
				</A>
				<Show when={props.apiKey.authentication === "signed"}>
					<span class={styles.signed} title={t().keys.signedHint}>
						{t().keys.signed}
					</span>
				</Show>
				<Show when={props.apiKey.scopes.length === 0}>
					<span class={styles.unrestricted} role="img" aria-label={t().keys.unrestricted}>
						<Icon name="warning" />
					</span>
				</Show>
			</th>
			<td class={styles.key}>
				<code>{keyHint(props.apiKey)}</code>
			</td>
			<td class={styles.scopes}>
				<ScopeList scopes={props.apiKey.scopes} max={1} />
			</td>
			<td class={styles.usage}>
				<Sparkline counts={props.apiKey.recent_usage ?? []} />
				<CompactNumber compact={formatShort(props.apiKey.usage_count)} exact={formatNumber(props.apiKey.usage_count)} />
			</td>
			<td class={styles.limit}>
				<CompactNumber compact={formatShort(props.apiKey.rate_limit)} exact={formatNumber(props.apiKey.rate_limit)} />
			</td>
			<td class={styles.used}>
				<Show when={props.apiKey.last_used_at} fallback={<span class={styles.none}>{t().keys.neverUsed}</span>}>
					{(at) => (
						<>
							<span class={styles.label}>{t().keys.phone.used}</span> <RelativeTime at={at()} now={props.now} />
						</>
					)}
				</Show>
			</td>
			<td class={styles.expires}>
				<Ends apiKey={props.apiKey} now={props.now} />
			</td>
			<td class={styles.status}>
				<StatusBadge state={state()} />
			</td>
			<td class={styles.menu} ref={menu}>
				<KeyMenu apiKey={props.apiKey} state={state()} returnFocusTo={menuButton} />
			</td>
		</tr>
	);
}

/** Elements with a tooltip are above the link that covers the row. A click on them opens the key, too. */
function openKey(event: MouseEvent & { currentTarget: HTMLElement; target: Element }) {
	if (event.target.closest("a, button, label") !== null || event.target.closest("time, svg, span[title]") === null)
		return;
	event.currentTarget.querySelector("a")?.dispatchEvent(new MouseEvent("click", event));
}

/** When the key ends: its expiry or the end of its rotation, whichever is earlier. */
function Ends(props: { apiKey: ListedKey; now: Accessor<number> }) {
	const state = () => keyState(props.apiKey, props.now());
	const at = () => (state() === "ending" ? props.apiKey.revokes_at : props.apiKey.expires_at);
	return (
		<Show when={state() !== "revoked"} fallback={<span class={styles.none}>–</span>}>
			<Show
				when={at()}
				fallback={
					<>
						<span class={styles.label}>{t().keys.phone.expiresNever}</span>
						<span class={`${styles.none} ${styles.unlabelled}`}>{t().keys.neverExpires}</span>
					</>
				}
			>
				{(at) => (
					<span data-soon={state() === "expiring" || state() === "ending"}>
						<span class={styles.label}>{labelOf(state())}</span> <RelativeTime at={at()} now={props.now} />
					</span>
				)}
			</Show>
		</Show>
	);
}

/** On a phone there is no header above the time. */
function labelOf(state: KeyState): string {
	const words = t().keys.phone;
	if (state === "expired") return words.expired;
	return state === "ending" ? words.ends : words.expires;
}

function KeyMenu(props: { apiKey: ListedKey; state: KeyState; returnFocusTo: () => HTMLElement | null | undefined }) {
	const actions = useKeyActions();
	const navigate = useNavigate();
	const start = (kind: "edit" | "revoke" | "delete") =>
		actions.start({ kind, keys: [props.apiKey], returnFocusTo: props.returnFocusTo });
	const items = (): MenuItem[] => [
		{
			label: t().keys.copyId,
			onSelect: () => {
				void copyText(props.apiKey.id).then((copied) => notify(copied ? t().keys.idCopied : t().common.copyFailed));
			},
		},
		{ label: t().keys.edit, disabled: props.state === "revoked", onSelect: () => start("edit") },
		{
			label: isRotating(props.apiKey) ? t().keys.resumeRotation : t().keys.rotate,
			disabled: hasEnded(props.state),
			onSelect: () => navigate(paths.rotateKey(props.apiKey.id)),
		},
		{ label: t().keys.revoke, disabled: props.state === "revoked", danger: true, onSelect: () => start("revoke") },
		{ label: t().keys.delete, danger: true, onSelect: () => start("delete") },
	];
	return <Menu label={t().keys.actionsFor(props.apiKey.name)} items={items} onLoadError={notifyModuleMissing} />;
}

/** A number that may be shortened: people see `24.6M`, with the exact number on hover; screen readers read it exactly. */
function CompactNumber(props: { compact: string; exact: string }) {
	return (
		<span class="number" title={props.exact}>
			<span aria-hidden="true">{props.compact}</span>
			<span class="visually-hidden">{props.exact}</span>
		</span>
	);
}
