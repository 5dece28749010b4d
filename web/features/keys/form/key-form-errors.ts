/** What is wrong with a draft, in the reader's words. The server's schema judges; what it cannot know is added here. */
import { formatList, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { dateProblem } from "./expiry.ts";
import { addressEntries, chosenScopes, createInput, type KeyDraft, updateInput } from "./key-form-draft.ts";
import { checkCreate, checkUpdate, type FieldIssue } from "./validation.ts";

/** The fields that can be wrong, named as the server names them; `understood` is the form's own. */
export type FieldName = "name" | "scopes" | "understood" | "rate_limit" | "expires_at" | "ip_allowlist";
export type FieldErrors = Partial<Record<FieldName, string>>;

/** Lines of addresses that an error names before it only counts. */
const LINES_SHOWN = 3;
/** Of an address that is none; somebody may have pasted a page. */
const ENTRY_SHOWN = 40;

export const errorsOfNew = (draft: KeyDraft, now: number): FieldErrors =>
	explainIssues(checkCreate(createInput(draft)), draft, now);

export const errorsOfChanged = (id: string, draft: KeyDraft, now: number): FieldErrors =>
	explainIssues(checkUpdate(updateInput(id, draft, now)), draft, now);

/** What the server has refused, at the fields it names. `rest`: what is about none of them. */
export function explainRefusal(
	details: readonly { field: string; message: string }[],
	draft: KeyDraft,
): { errors: FieldErrors; rest: boolean } {
	const issues = details.map((detail) => ({ ...detail, code: null }));
	return {
		errors: byField(issues, draft),
		rest: issues.length === 0 || issues.some(({ field }) => fieldOf(field) === undefined),
	};
}

function explainIssues(issues: readonly FieldIssue[], draft: KeyDraft, now: number): FieldErrors {
	const words = t().create.errors;
	const date = dateProblem(draft.expiry, now);
	return {
		...byField(issues, draft),
		...(chosenScopes(draft) === undefined
			? draft.unrestricted
				? { understood: words.understood }
				: { scopes: words.scopes }
			: {}),
		...(date === null ? {} : { expires_at: date === "past" ? words.datePast : words.dateMissing }),
	};
}

/** One sentence for each field that has an issue. */
function byField(issues: readonly FieldIssue[], draft: KeyDraft): FieldErrors {
	const errors: FieldErrors = {};
	for (const field of new Set(issues.flatMap((issue) => fieldOf(issue.field) ?? []))) {
		const own = issues.filter((issue) => fieldOf(issue.field) === field);
		errors[field] = explain(field, own, draft);
	}
	return errors;
}

function fieldOf(path: string): FieldName | undefined {
	const root = path.split(".")[0];
	switch (root) {
		case "name":
		case "scopes":
		case "rate_limit":
		case "expires_at":
		case "ip_allowlist":
			return root;
		case "expires_in_days":
			return "expires_at";
		default:
			return undefined;
	}
}

/** `issues` are those of one field, and there is at least one. */
function explain(field: FieldName, issues: readonly FieldIssue[], draft: KeyDraft): string {
	const words = t().create.errors;
	const code = issues[0]?.code ?? null;
	// More than one maximum may be passed at once: that of numbers as such, and that of the field.
	const maximum = formatNumber(Math.min(...issues.map((issue) => issue.maximum ?? Number.POSITIVE_INFINITY)));
	const asTheServerSays = () => issues.map(({ message }) => message).join(" ");
	switch (field) {
		case "name":
			if (draft.name.trim() === "") return words.nameMissing;
			if (code === "too_big") return words.nameTooLong(maximum);
			if (code === "invalid_format") return words.nameUnprintable;
			if (code === "custom") return draft.name.isWellFormed() ? words.nameHasKey : words.nameUnprintable;
			return asTheServerSays();
		case "rate_limit":
			if (code === "invalid_type") return words.rateLimitNoNumber(formatNumber(1_000));
			if (code === "too_small") return words.rateLimitTooLow;
			if (code === "too_big") return words.rateLimitTooHigh(maximum);
			return asTheServerSays();
		case "expires_at":
			// The one thing about a time that only the server's clock can tell.
			return code === null ? words.datePast : words.dateTooFar;
		case "ip_allowlist":
			return (
				explainAddresses(issues, draft) ?? (code === "too_big" ? words.tooManyAddresses(maximum) : asTheServerSays())
			);
		default:
			return asTheServerSays();
	}
}

/** Names the lines that are no addresses. Undefined where no single entry is to blame. */
function explainAddresses(issues: readonly FieldIssue[], draft: KeyDraft): string | undefined {
	const words = t().create.errors;
	const entries = addressEntries(draft.addresses);
	const wrong = issues.flatMap(({ field }) => entries[Number(field.split(".")[1] ?? Number.NaN)] ?? []);
	if (wrong.length === 0) return undefined;
	const shown = wrong
		.slice(0, LINES_SHOWN)
		.map(({ line, text }) =>
			words.addressLine(
				formatNumber(line),
				text.length > ENTRY_SHOWN ? `${text.slice(0, ENTRY_SHOWN).toWellFormed()}…` : text,
			),
		);
	const more = wrong.length - shown.length;
	return words.addresses(formatList(more > 0 ? [...shown, words.moreLines(more)] : shown), wrong.length);
}
