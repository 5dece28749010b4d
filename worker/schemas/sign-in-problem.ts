/** Why signing in with the identity provider failed. The dashboard has a text for each. Without zod, because it loads this. */
export const SIGN_IN_PROBLEMS = [
	/** The person or the provider has cancelled. */
	"cancelled",
	/** The attempt is unknown to this browser: too old, completed already, or replaced by another tab. */
	"outdated",
	/** The provider's response is not valid. */
	"failed",
	"unverified_email",
	"not_invited",
	"deactivated",
	/** The account belongs to another tenant than the provider says. */
	"other_company",
	/** The provider names no tenant, or one that doesn't exist. */
	"no_company",
	/** The tenant is suspended or is being deleted, so it gets no new members. */
	"suspended_company",
	/** The account of this email belongs to another person at the provider. */
	"other_person",
	/** The tenant has as many users as it may have. */
	"full",
	"throttled",
	"unavailable",
] as const;
export type SignInProblemCode = (typeof SIGN_IN_PROBLEMS)[number];
