import { A, useNavigate } from "@solidjs/router";
import { type Accessor, Index, Show } from "solid-js";
import { ADMIN_INTEGRATIONS } from "../../../db/enums.ts";
import type { Member } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { notifyModuleMissing } from "../../load-module.ts";
import { paths } from "../../paths.ts";
import { useSession } from "../../session/session.tsx";
import { RelativeTime, useNow } from "../../time.tsx";
import { Menu } from "../../ui/menu.tsx";
import type { MenuItem } from "../../ui/open-menu.tsx";
import { isSelf, mayManage } from "./member-rights.ts";
import styles from "./member-table.module.css";
import { liveKeysText } from "./member-words.ts";

export type MemberAction = "edit" | "sessions" | "link" | "deactivate" | "reactivate" | "remove";

interface Start {
	onStart: (action: MemberAction, member: Member, returnFocusTo: () => HTMLElement | null | undefined) => void;
}

/** The members, one in each row, with what can be done with them. */
export function MemberTable(props: { members: readonly Member[] } & Start) {
	const now = useNow();
	const words = () => t().members.columns;
	return (
		<table class={styles.table} aria-label={t().members.title}>
			<thead>
				<tr>
					<th scope="col">{words().name}</th>
					<th scope="col">{words().role}</th>
					<th scope="col">{words().status}</th>
					<th scope="col">{words().lastSignIn}</th>
					<th scope="col" class={styles.number}>
						{words().keys}
					</th>
					<th scope="col" class={styles.menu}>
						<span class="visually-hidden">{words().actions}</span>
					</th>
				</tr>
			</thead>
			<tbody>
				{/* By position: a row that is loaded again keeps its element, and so the focus. */}
				<Index each={props.members}>{(member) => <Row member={member()} now={now} onStart={props.onStart} />}</Index>
			</tbody>
		</table>
	);
}

function Row(props: { member: Member; now: Accessor<number> } & Start) {
	const session = useSession();
	const words = () => t().members;
	let menu: HTMLTableCellElement | undefined;
	return (
		<tr classList={{ [styles.inactive ?? ""]: props.member.status === "deactivated" }}>
			<th scope="row">
				<span class={styles.name}>{props.member.name}</span>
				<Show when={isSelf(session(), props.member)}> ({words().you})</Show>
				<div class="secondary">{props.member.email}</div>
			</th>
			<td>
				{words().form.roles[props.member.role]}
				<Show when={props.member.role === "member" && props.member.capabilities.includes(ADMIN_INTEGRATIONS)}>
					<div class="secondary">{words().mayManageKeys}</div>
				</Show>
			</td>
			<td>{words().statuses[props.member.status]}</td>
			<td>
				<Show when={props.member.last_sign_in_at} fallback={words().never}>
					{(at) => <RelativeTime at={at()} now={props.now} />}
				</Show>
			</td>
			<td class={`${styles.number} number`} data-label={words().columns.keys}>
				<Show when={props.member.live_keys > 0} fallback={liveKeysText(props.member)}>
					<A href={paths.keysOf(props.member.id)} aria-label={words().keysOf(props.member.name)}>
						{liveKeysText(props.member)}
					</A>
				</Show>
			</td>
			<td class={styles.menu} ref={menu}>
				<MemberMenu
					member={props.member}
					onStart={(action) => props.onStart(action, props.member, () => menu?.querySelector("button"))}
				/>
			</td>
		</tr>
	);
}

function MemberMenu(props: { member: Member; onStart: (action: MemberAction) => void }) {
	const session = useSession();
	const navigate = useNavigate();
	const words = () => t().members;
	const items = (): MenuItem[] => {
		const disabled = !mayManage(session(), props.member);
		const isMine = isSelf(session(), props.member);
		const item = (label: string, action: MemberAction, more: Partial<MenuItem> = {}): MenuItem => ({
			label,
			disabled,
			onSelect: () => props.onStart(action),
			...more,
		});
		const { status, email } = props.member;
		return [
			{ label: words().activity, onSelect: () => navigate(paths.auditLogOf({ who: email })) },
			item(words().edit, "edit"),
			item(words().sessions, "sessions"),
			item(status === "invited" ? words().newInvitation : words().resetPassword, "link", {
				disabled: disabled || isMine || status === "deactivated",
			}),
			status === "deactivated"
				? item(words().reactivate, "reactivate")
				: item(words().deactivate, "deactivate", { danger: true, disabled: disabled || isMine }),
			item(words().remove, "remove", { danger: true, disabled: disabled || isMine }),
		];
	};
	return <Menu label={words().actionsFor(props.member.name)} items={items} onLoadError={notifyModuleMissing} />;
}
