import { A } from "@solidjs/router";
import { useInfiniteQuery } from "@tanstack/solid-query";
import { type Accessor, createMemo, For, Match, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import { problemOf } from "../../api/problem.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { auditQuery, dataOf, loadProblem } from "../../api/queries.ts";
import type { AuditEvent } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { RelativeTime, useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Skeleton } from "../../ui/states.tsx";
import styles from "./audit-trail.module.css";
import { Changes } from "./changes.tsx";
import { reuseKnownEvents } from "./event-list.ts";
import { agentText, changesOf, whoOf } from "./event-words.ts";

/** Enough for recent events, and short enough for a part of a screen. */
const PAGE = 12;

/** The audit events of one key, newest first, without a heading. */
export function AuditTrail(props: { keyId: string }) {
	const now = useNow();
	const trail = useInfiniteQuery(() => auditQuery({ key_id: props.keyId }, PAGE));
	const events = createMemo<AuditEvent[]>(
		(known) => reuseKnownEvents(known, unwrap(dataOf(trail))?.pages.flatMap((page) => page.items) ?? []),
		[],
	);
	let list: HTMLOListElement | undefined;
	const showMore = async () => {
		const before = events().length;
		const { hasNextPage } = await trail.fetchNextPage();
		// After the last page the button is gone, so the focus moves to the first new event.
		if (!hasNextPage) list?.querySelectorAll("li")[before]?.focus();
	};
	return (
		<Switch>
			<Match when={loadProblem(trail)}>
				{(problem) => (
					<div class={styles.failed}>
						<p>{t().audit.trail.loadFailed}</p>
						<ProblemNote problem={problem()} />
						<Button onClick={() => void trail.refetch()}>{t().common.tryAgain}</Button>
					</div>
				)}
			</Match>
			<Match when={trail.isPending}>
				<TrailSkeleton />
			</Match>
			<Match when={events().length === 0}>
				<p class={styles.quiet}>{t().audit.trail.empty}</p>
			</Match>
			<Match when={true}>
				<ol class={styles.trail} ref={list}>
					<For each={events()}>{(event) => <EventItem event={event} now={now} />}</For>
				</ol>
				<div class={styles.foot}>
					<Show when={trail.hasNextPage}>
						<Button busy={trail.isFetchingNextPage} onClick={() => void showMore()}>
							{trail.isFetchNextPageError ? t().common.tryAgain : t().audit.trail.more}
						</Button>
					</Show>
					<A href={paths.auditLogOf({ key_id: props.keyId })}>{t().audit.trail.inLog}</A>
				</div>
				<Show when={trail.isFetchNextPageError}>
					<p>{t().audit.trail.moreFailed}</p>
					<ProblemNote problem={problemOf(trail.error)} />
				</Show>
			</Match>
		</Switch>
	);
}

function EventItem(props: { event: AuditEvent; now: Accessor<number> }) {
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
			<Origin event={props.event} />
		</li>
	);
}

/** IP address and program. Events of the service itself have neither. */
function Origin(props: { event: AuditEvent }) {
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

/** Four events, as many as most keys have, so that the screen does not shrink. */
function TrailSkeleton() {
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
