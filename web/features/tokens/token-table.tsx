import { For, Show } from "solid-js";
import type { ManagementToken } from "../../api/types.ts";
import { formatDate } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { RelativeTime, useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import badges from "../keys/badges.module.css";
import styles from "./tokens.module.css";

/** The tokens with their last use. `onRevoke`: the person may revoke, and wants to. */
export function TokenTable(props: {
	tokens: readonly ManagementToken[];
	onRevoke: ((token: ManagementToken) => void) | undefined;
}) {
	const now = useNow();
	const words = () => t().tokens.columns;
	return (
		<table class={styles.table} aria-label={t().tokens.title}>
			<thead>
				<tr>
					<th scope="col">{words().name}</th>
					<th scope="col">{words().permissions}</th>
					<th scope="col">{words().lastUse}</th>
					<th scope="col">{words().expires}</th>
					<th scope="col">{words().creator}</th>
					<th scope="col">{words().status}</th>
					<Show when={props.onRevoke}>
						<th scope="col">
							<span class="visually-hidden">{words().actions}</span>
						</th>
					</Show>
				</tr>
			</thead>
			<tbody>
				<For each={props.tokens}>
					{(token) => (
						<tr>
							<th scope="row">
								<span class={styles.name}>{token.name}</span>
								<code class="secondary">smt_…{token.last_four}</code>
							</th>
							<td data-label={words().permissions}>
								<span class={badges.scopes}>
									<For each={token.permissions}>{(permission) => <code class={badges.scope}>{permission}</code>}</For>
								</span>
							</td>
							<td data-label={words().lastUse}>
								<Show when={token.last_used_at} fallback={t().tokens.never}>
									{(at) => <RelativeTime at={at()} now={now} />}
								</Show>
								<Show when={token.last_used_ip}>
									{(ip) => <span class={`secondary ${styles.line}`}>{t().tokens.from(ip())}</span>}
								</Show>
							</td>
							<td data-label={words().expires}>
								<time datetime={token.expires_at}>{formatDate(token.expires_at)}</time>
							</td>
							<td data-label={words().creator}>
								<span class={styles.creator}>{creatorName(token)}</span>
								<Show when={creatorNote(token)}>
									{(note) => <span class={`secondary ${styles.line}`}>{note()}</span>}
								</Show>
							</td>
							<td data-label={words().status}>
								<span class={badges.status} data-state={token.status}>
									{t().tokens.status[token.status]}
								</span>
							</td>
							<Show when={props.onRevoke}>
								{(revoke) => (
									<td class={styles.actions}>
										<Show when={token.status === "active"}>
											<Button aria-label={t().tokens.revoke.label(token.name)} onClick={() => revoke()(token)}>
												{t().tokens.revoke.button}
											</Button>
										</Show>
									</td>
								)}
							</Show>
						</tr>
					)}
				</For>
			</tbody>
		</table>
	);
}

const creatorName = ({ created_by, created_by_email }: ManagementToken): string =>
	created_by_email ?? (created_by === "service_role" ? t().tokens.creator.platform : created_by);

/** Says if the person who created the token can no longer sign in, since the token still works. */
function creatorNote({ creator_status }: ManagementToken): string | null {
	return creator_status === "deactivated" || creator_status === "removed" ? t().tokens.creator[creator_status] : null;
}
