import { A } from "@solidjs/router";
import { useInfiniteQuery } from "@tanstack/solid-query";
import { type Accessor, createMemo, For, Match, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import { loaded } from "../../api/loaded.ts";
import { problemOf } from "../../api/problem.ts";
import { auditQuery } from "../../api/queries.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../now.ts";
import { AUDIT_LOG } from "../../session/local-path.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote, Skeleton } from "../../ui/states.tsx";
import { RelativeTime } from "../../ui/time.tsx";
import styles from "./audit-trail.module.css";
import { Changes } from "./changes.tsx";
import { type AuditEvent, agentText, changesOf, whoOf } from "./event-words.ts";
import { keepKnown } from "./keep-known.ts";

/** As many events as tell what happened lately, without taking over the screen that they are part of. */
const PAGE = 12;

/** What happened to one key, newest first. The heading is the caller's. */
export function AuditTrail(props: { keyId: string }) {
	const now = useNow();
	const trail = useInfiniteQuery(() => auditQuery({ key_id: props.keyId }, PAGE));
	const events = createMemo<AuditEvent[]>(
		(known) => keepKnown(known, unwrap(loaded(trail))?.pages.flatMap((page) => page.items) ?? []),
		[],
	);
	let list: HTMLOListElement | undefined;
	const showMore = async () => {
		const before = events().length;
		const { hasNextPage } = await trail.fetchNextPage();
		// The button that was pressed is gone with the last page: reading goes on where the new events begin.
		if (!hasNextPage) list?.querySelectorAll("li")[before]?.focus();
	};
	return (
		<Switch>
			<Match when={trail.isPending}>
				<Waiting />
			</Match>
			<Match when={trail.isError && events().length === 0}>
				<div class={styles.failed}>
					<p>{t().audit.trail.loadFailed}</p>
					<ProblemNote problem={problemOf(trail.error)} />
					<Button onClick={() => void trail.refetch()}>{t().common.tryAgain}</Button>
				</div>
			</Match>
			<Match when={events().length === 0}>
				<p class={styles.quiet}>{t().audit.trail.empty}</p>
			</Match>
			<Match when={true}>
				<ol class={styles.trail} ref={list}>
					<For each={events()}>{(event) => <Happened event={event} now={now} />}</For>
				</ol>
				<div class={styles.foot}>
					<Show when={trail.hasNextPage}>
						<Button busy={trail.isFetchingNextPage} onClick={() => void showMore()}>
							{trail.isFetchNextPageError ? t().common.tryAgain : t().audit.trail.more}
						</Button>
					</Show>
					<A href={`${AUDIT_LOG}?key_id=${encodeURIComponent(props.keyId)}`}>{t().audit.trail.inLog}</A>
				</div>
				<Show when={trail.isFetchNextPageError}>
					<p>{t().audit.trail.moreFailed}</p>
					<ProblemNote problem={problemOf(trail.error)} />
				</Show>
			</Match>
		</Switch>
	);
}

function Happened(props: { event: AuditEvent; now: Accessor<number> }) {
	const changes = () => changesOf(props.event);
	return (
		<li tabindex="-1">
			<p class={styles.line}>
				<span class={styles.sentence}>
					<strong>{whoOf(props.event)}</strong> {t().audit.did[props.event.action]}
				</span>
				<span class="secondary">
					<RelativeTime at={props.event.at} now={props.now} />
				</span>
			</p>
			<Show when={changes().length > 0}>
				<Changes changes={changes()} />
			</Show>
			<FromWhere event={props.event} />
		</li>
	);
}

/** Address and program, where the event knows them: what the service does by itself comes from nowhere. */
function FromWhere(props: { event: AuditEvent }) {
	return (
		<Show when={props.event.ip !== null || props.event.user_agent !== null}>
			<p class="secondary">
				<Show when={props.event.ip}>{(ip) => <span>{ip()}</span>}</Show>
				<Show when={props.event.ip !== null && props.event.user_agent !== null}> · </Show>
				<Show when={props.event.user_agent}>
					{(userAgent) => <span title={userAgent()}>{agentText(userAgent())}</span>}
				</Show>
			</p>
		</Show>
	);
}

/** Four events before they are there: more would make the screen shrink under most keys. */
function Waiting() {
	return (
		<ol class={styles.trail} aria-hidden="true">
			<For each={["60%", "45%", "52%", "40%"]}>
				{(width) => (
					<li>
						<p class={styles.line}>
							<Skeleton width={width} />
						</p>
						<p class="secondary">
							<Skeleton width="28%" height="10px" />
						</p>
					</li>
				)}
			</For>
		</ol>
	);
}
