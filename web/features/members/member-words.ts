/** Members and the problems of managing them in the reader's language. */
import { type Problem, problemText } from "../../api/problem.ts";
import type { Member } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";

/** The service counts no further. */
const LIVE_KEYS_MAX = 1_000;

export function liveKeysText({ live_keys }: Pick<Member, "live_keys">): string {
	const shown = formatNumber(live_keys);
	return live_keys >= LIVE_KEYS_MAX ? t().members.orMore(shown) : shown;
}

/** What went wrong when members were managed. The service's message of a conflict says what it is. */
export function memberProblemText(problem: Problem): string {
	const words = t().members;
	if (problem.code === "RATE_LIMITED") return words.tooManyLinks;
	if (problem.code === "FORBIDDEN" && problem.message.startsWith("Only an owner")) return words.ownersOnly;
	if (problem.code !== "CONFLICT") return problemText(problem);
	const [detail] = problem.details;
	if (detail?.field === "role") return words.lastOwner;
	if (detail?.field === "email")
		return detail.message === "Belongs to another account" ? words.inviteDialog.taken : words.inviteDialog.isMember;
	return problem.details.length > 0 ? problemText(problem) : words.changedMeanwhile;
}
