import { type Accessor, For, Show } from "solid-js";
import type { OpenSession } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { RelativeTime } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { agentText } from "../audit/event-words.ts";
import { placeText } from "./place.ts";
import styles from "./session-list.module.css";

const programOf = ({ user_agent }: OpenSession): string =>
	user_agent === null ? t().sessions.unknownProgram : agentText(user_agent);

const placeOf = ({ place }: OpenSession): string => (place === null ? "" : placeText(place));

/** Sessions with program, place and times. `onEnd` ends one; the current session has no button. */
export function SessionList(props: {
	sessions: readonly OpenSession[];
	now: Accessor<number>;
	/** Id of the session that is being ended. */
	ending: string | null;
	onEnd?: (session: OpenSession) => void;
}) {
	return (
		<ul class={styles.list}>
			<For each={props.sessions}>
				{(session) => (
					<li class={styles.session}>
						<div class={styles.facts}>
							<span class={styles.program} title={session.user_agent ?? undefined}>
								{programOf(session)}
								<Show when={session.current}>
									<span class={styles.current}>{t().sessions.current}</span>
								</Show>
							</span>
							<span class="secondary">{[placeOf(session), session.ip].filter(Boolean).join(" · ")}</span>
							<span class="secondary">
								{t().sessions.signedIn} <RelativeTime at={session.created_at} now={props.now} />
								{" · "}
								{t().sessions.lastSeen} <RelativeTime at={session.last_seen_at} now={props.now} />
							</span>
						</div>
						<Show when={!session.current && props.onEnd}>
							{(end) => (
								<Button
									busy={props.ending === session.id}
									aria-label={t().sessions.endOf(programOf(session), placeOf(session))}
									onClick={() => end()(session)}
								>
									{t().sessions.end}
								</Button>
							)}
						</Show>
					</li>
				)}
			</For>
		</ul>
	);
}
