/** The form of a management token while it is filled in, its errors, and the input for the service. */
import "../keys/form/zod-without-eval.ts";
import { TOKEN_PERMISSIONS, type TokenPermission } from "../../../db/enums.ts";
import { createTokenSchema } from "../../../worker/schemas/management-token.ts";
import type { CreateTokenInput } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { type EXPIRY_DAYS, RECOMMENDED_DAYS } from "../keys/form/expiry.ts";
import { addressEntries } from "../keys/form/key-form-draft.ts";
import { addressErrors } from "../keys/form/key-form-errors.ts";
import { type FieldIssue, issuesOf } from "../keys/form/validation.ts";

export interface TokenDraft {
	name: string;
	permissions: readonly TokenPermission[];
	days: (typeof EXPIRY_DAYS)[number];
	/** One IP address or block per line. */
	addresses: string;
}

export const newTokenDraft = (): TokenDraft => ({ name: "", permissions: [], days: RECOMMENDED_DAYS, addresses: "" });

/** Send it only if the draft has no errors. */
export const tokenInput = (draft: TokenDraft): CreateTokenInput => ({
	name: draft.name,
	permissions: TOKEN_PERMISSIONS.filter((permission) => draft.permissions.includes(permission)),
	expires_in_days: draft.days,
	ip_allowlist: addressEntries(draft.addresses).map(({ text }) => text),
});

const FIELDS = ["name", "permissions", "ip_allowlist"] as const;
export type TokenField = (typeof FIELDS)[number];
export type TokenErrors = Partial<Record<TokenField, string>>;

/** The errors of the draft in the reader's language, by the service's own schema. */
export const tokenErrors = (draft: TokenDraft): TokenErrors =>
	byField(issuesOf(createTokenSchema.safeParse(tokenInput(draft))), draft);

/** The errors that the service returned. */
export const tokenErrorsFromService = (
	details: readonly { field: string; message: string }[],
	draft: TokenDraft,
): TokenErrors =>
	byField(
		details.map((detail) => ({ ...detail, code: null })),
		draft,
	);

function byField(issues: readonly FieldIssue[], draft: TokenDraft): TokenErrors {
	const errors: TokenErrors = {};
	for (const field of FIELDS) {
		const own = issues.filter((issue) => issue.field.split(".")[0] === field);
		if (own.length > 0) errors[field] = messageFor(field, own, draft);
	}
	return errors;
}

/** The message for the issues of one field; there is at least one. */
function messageFor(field: TokenField, issues: readonly FieldIssue[], draft: TokenDraft): string {
	const words = t().tokens.form.errors;
	const [{ code, maximum, message } = { code: null, message: "" }] = issues;
	switch (field) {
		case "name":
			if (draft.name.trim() === "") return words.nameMissing;
			if (code === "too_big") return words.nameTooLong(formatNumber(maximum ?? 0));
			if (code === "custom" && draft.name.isWellFormed()) return words.nameHasSecret;
			return code === null ? message : words.nameUnprintable;
		case "permissions":
			return draft.permissions.length === 0 ? words.permissions : message;
		case "ip_allowlist":
			return (
				addressErrors(issues, draft.addresses) ??
				(code === "too_big" ? words.tooManyAddresses(formatNumber(maximum ?? 0)) : message)
			);
		default:
			return field satisfies never;
	}
}
