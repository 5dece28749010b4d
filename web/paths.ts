/** Paths of the dashboard's screens. Routes, links and redirects all take them from here. */

const KEYS = "/integrations/api-keys";
const AUDIT_LOG = "/integrations/audit-log";

export const paths = {
	signIn: "/sign-in",
	forgotPassword: "/forgot-password",
	/** Pages of one-time links, whose secret is in the fragment. */
	invite: "/invite",
	reset: "/reset",
	account: "/account",
	/** The screens of the platform's operators, with a sign-in of their own. */
	platform: "/platform",
	platformFind: "/platform/leaked-keys",
	platformOperations: "/platform/operations",
	platformTenant: (id: string): string => `/platform/tenants/${id}`,
	members: "/settings/members",
	sessions: "/settings/sessions",
	tokens: "/settings/tokens",
	integrations: "/integrations",
	/** The list of keys, which is also where the dashboard begins. */
	keys: KEYS,
	/** The keys that a member has created. */
	keysOf: (memberId: string): string => `${KEYS}?${new URLSearchParams({ creator: memberId })}`,
	/** The keys that depend on the previous pepper or signing key. */
	keysOfPreviousPepper: `${KEYS}?pepper=previous`,
	newKey: `${KEYS}/new`,
	/** The form for a key of this environment; live is its default. */
	newKeyIn: (environment: "live" | "test"): string => (environment === "test" ? `${KEYS}/new?env=test` : `${KEYS}/new`),
	/** The form with the settings of another key. */
	newKeyLike: (id: string): string => `${KEYS}/new?like=${id}`,
	key: (id: string): string => `${KEYS}/${id}`,
	rotateKey: (id: string): string => `${KEYS}/${id}/rotate`,
	/** A job, above the list. */
	job: (id: string): string => `${KEYS}?job=${id}`,
	/** Signs a request in the browser and sends it. */
	sandbox: "/integrations/sandbox",
	auditLog: AUDIT_LOG,
	/** The audit log, filtered. */
	auditLogOf: (filters: Partial<Record<"key_id" | "who", string>>): string =>
		`${AUDIT_LOG}?${new URLSearchParams(filters)}`,
};

let lastList = KEYS;

/** Path of the list as the person saw it last, filters included. The way back from a key leads there. */
export const lastListPath = (): string => lastList;

/** Remembers the query string of the list that is on the screen. */
export function rememberListPath(search: string): void {
	lastList = KEYS + search;
}
