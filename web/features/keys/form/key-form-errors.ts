/** The errors of a draft in the reader's language. The service's schema validates it; the form's own rules are here. */
import { formatList, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { dateProblem } from "./expiry.ts";
import { addressEntries, chosenScopes, createInput, type KeyDraft, updateInput } from "./key-form-draft.ts";
import { checkCreate, checkUpdate, type FieldIssue } from "./validation.ts";

/** Fields that can have errors, named as the service names them; `understood` exists only in the form. */
export type FieldName = "name" | "scopes" | "understood" | "rate_limit" | "expires_at" | "ip_allowlist";
export type FieldErrors = Partial<Record<FieldName, string>>;

/** An error names this many lines and counts the rest. */
const LINES_SHOWN = 3;
/** Characters of a wrong entry that an error shows. A person may have pasted a whole page. */
const ENTRY_SHOWN = 40;

export const errorsOfNew = (draft: KeyDraft, now: number): FieldErrors =>
	errorsOf(checkCreate(createInput(draft)), draft, now);

export const errorsOfChanged = (id: string, draft: KeyDraft, now: number): FieldErrors =>
	errorsOf(checkUpdate(updateInput(id, draft, now)), draft, now);

/** The errors that the service returned, by field. `rest`: there are errors that belong to no field of the form. */
export function errorsFromService(
	details: readonly { field: string; message: string }[],
	draft: KeyDraft,
): { errors: FieldErrors; rest: boolean } {
	const issues = details.map((detail) => ({ ...detail, code: null }));
	return {
		errors: byField(issues, draft),
		rest: issues.length === 0 || issues.some(({ field }) => fieldOf(field) === undefined),
	};
}

function errorsOf(issues: readonly FieldIssue[], draft: KeyDraft, now: number): FieldErrors {
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

/** One message for each field with an error. */
function byField(issues: readonly FieldIssue[], draft: KeyDraft): FieldErrors {
	const errors: FieldErrors = {};
	for (const field of new Set(issues.flatMap((issue) => fieldOf(issue.field) ?? []))) {
		const own = issues.filter((issue) => fieldOf(issue.field) === field);
		errors[field] = messageFor(field, own, draft);
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

/** The message for the issues of one field; there is at least one. */
function messageFor(field: FieldName, issues: readonly FieldIssue[], draft: KeyDraft): string {
	const words = t().create.errors;
	const code = issues[0]?.code ?? null;
	// Several maximums may be exceeded at once: that of safe integers and that of the field.
	const maximum = formatNumber(Math.min(...issues.map((issue) => issue.maximum ?? Number.POSITIVE_INFINITY)));
	const serviceMessage = () => issues.map(({ message }) => message).join(" ");
	switch (field) {
		case "name":
			if (draft.name.trim() === "") return words.nameMissing;
			if (code === "too_big") return words.nameTooLong(maximum);
			if (code === "invalid_format") return words.nameUnprintable;
			if (code === "custom") return draft.name.isWellFormed() ? words.nameHasKey : words.nameUnprintable;
			return serviceMessage();
		case "rate_limit":
			if (code === "invalid_type") return words.rateLimitNoNumber(formatNumber(1_000));
			if (code === "too_small") return words.rateLimitTooLow;
			if (code === "too_big") return words.rateLimitTooHigh(maximum);
			return serviceMessage();
		case "expires_at":
			// Only the service's clock decides whether a time is in the past.
			return code === null ? words.datePast : words.dateTooFar;
		case "ip_allowlist":
			return (
				addressErrors(issues, draft.addresses) ??
				(code === "too_big" ? words.tooManyAddresses(maximum) : serviceMessage())
			);
		default:
			return serviceMessage();
	}
}

/** Names the lines that are not IP addresses. Undefined if the error is not about single entries. */
export function addressErrors(issues: readonly FieldIssue[], addresses: string): string | undefined {
	const words = t().create.errors;
	const entries = addressEntries(addresses);
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
