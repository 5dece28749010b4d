/** The example requests and responses of the OpenAPI document. A test validates each of them against its schema. */
import type { ApiKey, ApiKeyDetail } from "../../schemas/api-key.ts";
import type { AuditList } from "../../schemas/audit.ts";
import type { Job, JobItem } from "../../schemas/job.ts";
import type { KeysImported } from "../../schemas/key-import.ts";
import type { Verification } from "../../schemas/key-verify.ts";
import type { Lead } from "../../schemas/lead.ts";
import type { FoundKeys } from "../../schemas/leaked-key.ts";
import type { IssuedToken, ManagementToken } from "../../schemas/management-token.ts";
import type { Member, MemberLink } from "../../schemas/member.ts";
import type { OpenSession } from "../../schemas/open-session.ts";
import type { Deliveries, OperationsOverview, OperationsSecrets } from "../../schemas/operations.ts";
import type { PersonDeleted, PersonExport } from "../../schemas/person.ts";
import type { Quota } from "../../schemas/quota.ts";
import type { PublicStatus } from "../../schemas/status.ts";
import type { CreatedTenant, Tenant } from "../../schemas/tenant.ts";
import type { Usage } from "../../schemas/usage.ts";

/** Shortened: secret scanners report anything that looks like a whole key. */
const KEY = "sk_live_4fK9aZ81LmQx…x7Qz";

export const EXAMPLE_META = {
	request_id: "5e2f7a9c-7c1b-4b0e-9a53-0f4a3e6c1d22",
	timestamp: "2026-02-03T04:05:06.789Z",
};

export const apiKey: ApiKey = {
	id: "4fK9aZ81LmQx",
	tenant_id: "ten_5pVq2Jd8Xw3nRt6y",
	name: "CRM Nightly Sync",
	environment: "live",
	key_prefix: "sk_live_4fK9",
	last_four: "x7Qz",
	scopes: ["default:sync"],
	rate_limit: 1_000,
	ip_allowlist: ["203.0.113.0/24"],
	status: "active",
	created_at: "2026-01-31T12:00:00.000Z",
	created_by: "usr_8Rk2mWq5Zt1bNc7v",
	expires_at: "2026-05-01T12:00:00.000Z",
	revoked_at: null,
	revoked_by: null,
	revokes_at: null,
	rotated_from: null,
	rotated_to: null,
	usage_count: 18_204,
	last_used_at: "2026-02-03T04:05:06.789Z",
	version: 3,
	pepper_id: "5f0c81d2",
	authentication: "bearer",
	origin: "created",
};

const fresh: ApiKey = { ...apiKey, usage_count: 0, last_used_at: null };
export const issued = { key: KEY, secret: null, api_key: fresh };

export const apiKeyDetail: ApiKeyDetail = {
	...apiKey,
	current_hour: { used: 412, limit: 1_000, remaining: 588, resets_at: "2026-02-03T05:00:00.000Z" },
	recent_callers: [
		{
			ip: "203.0.113.7",
			user_agent: "python-requests/2.32",
			endpoint: "POST /v1/sync_activities",
			last_seen_at: "2026-02-03T04:05:06.789Z",
			count: 412,
			refused: 0,
		},
	],
};
export const importKeys = {
	keys: [
		{
			name: "Website form",
			environment: "live" as const,
			key_prefix: "sk_live_h3k9",
			hash: "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
			hash_kind: "bcrypt" as const,
			scopes: ["leads:write" as const],
			rate_limit: 1_000,
			ip_allowlist: [],
			expires_at: null,
			created_at: "2025-03-14T09:26:53.000Z",
			usage_count: 18_204,
		},
	],
};
export const keysImported: KeysImported = {
	created: 1,
	existing: 0,
	failed: 0,
	total: 1,
	items: [{ index: 0, result: "created", id: apiKey.id }],
	accepted: true,
};
export const counts = { active: 12, revoked: 3, expired: 1, expiring_soon: 2 };

export const revoked: ApiKey = {
	...apiKey,
	status: "revoked",
	revoked_at: "2026-02-03T04:10:00.000Z",
	revoked_by: "usr_8Rk2mWq5Zt1bNc7v",
};

const successor: ApiKey = {
	...fresh,
	id: "9mN2bX73KpRw",
	key_prefix: "sk_live_9mN2",
	last_four: "c4Tv",
	created_at: "2026-04-20T12:00:00.000Z",
	expires_at: "2026-07-19T12:00:00.000Z",
	rotated_from: apiKey.id,
};
const previous: ApiKey = { ...apiKey, rotated_to: successor.id, revokes_at: "2026-04-21T12:00:00.000Z" };
export const rotated = { key: KEY, secret: null, api_key: successor, previous };

export const createKey = {
	name: "CRM Nightly Sync",
	scopes: ["default:sync" as const],
	rate_limit: 1_000,
	expires_in_days: 90,
};
export const updateKey = { rate_limit: 5_000, expires_at: null };
export const revokeKey = { reason: "Laptop stolen" };
export const rotateKey = { revoke_previous_after_hours: 24 };
export const verifyKey = { key: KEY, scope: "leads:write" as const, ip: "203.0.113.7" };

export const verification: Verification = {
	valid: true,
	code: "VALID",
	api_key: apiKey,
	rate_limit: { limit: 1_000, remaining: 587, resets_at: "2026-02-03T05:00:00.000Z" },
};

export const usage: Usage = {
	buckets: [{ start: "2026-02-03T04:00:00.000Z", allowed: 412, rate_limited: 0, denied: 1 }],
	totals: { allowed: 412, rate_limited: 0, denied: 1 },
};

export const auditEvent: AuditList["items"][number] = {
	id: "evt_2Hs9pQx4Lm7kVb3c",
	at: "2026-02-03T04:10:00.000Z",
	action: "api_key.revoke",
	actor: "usr_8Rk2mWq5Zt1bNc7v",
	actor_email: "ana@acme.example",
	key_id: apiKey.id,
	key_name: apiKey.name,
	key_deleted: false,
	ip: "198.51.100.4",
	user_agent: "curl/8.5.0",
	target_id: null,
	target_name: null,
	changes: {
		revoked_at: { from: null, to: "2026-02-03T04:10:00.000Z" },
		reason: { from: null, to: "Laptop stolen" },
	},
};

export const tenant: Tenant = {
	id: apiKey.tenant_id,
	name: "Acme",
	slug: "acme",
	created_at: "2026-01-02T03:04:05.006Z",
	state: "active",
	suspended_at: null,
	delete_after: null,
	deleted_at: null,
	location_hint: "sam",
	progress: null,
};
export const suspendTenant = { reason: "Sends spam" };
export const suspendedTenant: Tenant = {
	...tenant,
	state: "suspending",
	suspended_at: "2026-02-03T04:05:06.789Z",
	progress: { done: 4_500, total: 18_204 },
};
export const deleteTenant = { slug: tenant.slug };
export const tenantToDelete: Tenant = {
	...tenant,
	state: "suspended",
	suspended_at: "2026-02-03T04:05:06.789Z",
	delete_after: "2026-03-06T04:05:06.789Z",
};
export const findByKey = { text: `client = SalesOS(key="${KEY}")` };
export const foundKeys: FoundKeys = {
	items: [
		{
			tenant: { id: tenant.id, name: tenant.name, slug: tenant.slug, state: "active" },
			api_key: {
				id: apiKey.id,
				name: apiKey.name,
				environment: apiKey.environment,
				status: "active",
				key_prefix: apiKey.key_prefix,
				last_four: apiKey.last_four,
			},
		},
	],
	unknown: 0,
};
export const member: Member = {
	id: "usr_8Rk2mWq5Zt1bNc7v",
	email: "ana@acme.example",
	name: "Ana Souza",
	role: "owner",
	capabilities: [],
	status: "invited",
	created_at: "2026-01-02T03:04:05.006Z",
	last_sign_in_at: null,
	live_keys: 0,
};
export const memberLink: MemberLink = {
	member,
	link: {
		url: "https://keys.example/invite#…",
		expires_at: "2026-01-09T03:04:05.006Z",
		mailed: true,
	},
};
export const inviteMember = {
	email: member.email,
	name: member.name,
	role: "member" as const,
	capabilities: ["admin.integrations" as const],
};
export const updateMember = { role: "member" as const, capabilities: ["admin.integrations" as const] };
export const removedMember = { id: member.id, live_keys: 3 };
export const createdTenant: CreatedTenant = { ...tenant, owner: memberLink };
export const createTenant = { name: "Acme", slug: "acme", owner: { email: member.email, name: member.name } };
export const updateTenant = { quotas: { leads: 1_000_000, stored_bytes: null } };
export const quota: Quota = { name: "leads", used: 18_204, limit: 500_000, is_default: true };

export const job: Job = {
	id: "job_7Yt3nRq5Wz8Kc2Lm",
	kind: "revoke_keys",
	state: "running",
	reason: "Partner left",
	total: 4_427,
	succeeded: 2_420,
	failed: 1,
	created_at: "2026-02-03T04:05:06.789Z",
	created_by: auditEvent.actor,
	updated_at: "2026-02-03T04:06:06.789Z",
	finished_at: null,
};
export const createJob = { kind: "revoke_keys" as const, ids: [apiKey.id], reason: "Partner left" };
export const jobItem: JobItem = { key_id: apiKey.id, outcome: "succeeded", error: null, key_name: apiKey.name };

export const managementToken: ManagementToken = {
	id: "tok_6Yh2bNc9Ws4Jk8Lp",
	name: "Deploy pipeline",
	last_four: "p4Rt",
	permissions: ["keys:read", "keys:write"],
	ip_allowlist: ["203.0.113.0/24"],
	status: "active",
	created_at: "2026-01-31T12:00:00.000Z",
	created_by: auditEvent.actor,
	created_by_email: "ana@acme.example",
	creator_status: "active",
	expires_at: "2026-05-01T12:00:00.000Z",
	revoked_at: null,
	revoked_by: null,
	last_used_at: "2026-02-03T04:05:00.000Z",
	last_used_ip: "203.0.113.7",
	pepper_id: "5f0c1a9e",
};
export const createToken = {
	name: managementToken.name,
	permissions: ["keys:read" as const, "keys:write" as const],
	ip_allowlist: managementToken.ip_allowlist,
	expires_in_days: 90,
};
export const issuedToken: IssuedToken = {
	// Shortened, as the key above.
	token: "smt_4fK9aZ81LmQx…p4Rt",
	management_token: { ...managementToken, last_used_at: null, last_used_ip: null },
};
export const updateToken = { ip_allowlist: ["203.0.113.0/24", "198.51.100.7"] };
export const revokedToken: ManagementToken = {
	...managementToken,
	status: "revoked",
	revoked_at: "2026-02-03T04:10:00.000Z",
	revoked_by: auditEvent.actor,
};

export const whoami = {
	id: apiKey.id,
	tenant_id: apiKey.tenant_id,
	name: apiKey.name,
	environment: apiKey.environment,
	scopes: apiKey.scopes,
	expires_at: apiKey.expires_at,
	rate_limit: apiKey.rate_limit,
	current_hour: apiKeyDetail.current_hour,
};

const collaborator = {
	external_id: "17",
	name: "Ana Souza",
	email: "ana@acme.example",
	team: "South",
	metadata: { region: "BR-SP" },
};
const activity = {
	activity_code: "001",
	external_id: "call-4711",
	collaborator_email: "ana@acme.example",
	data: { minutes: 12 },
	occurred_at: "2026-02-03T01:00:00-03:00",
};
export const syncCollaborators = { collaborators: [collaborator] };
export const syncActivities = { activities: [activity] };
export const defaultIntegration = { action: "sync_activities" as const, activities: [activity] };
export const collaboratorsSynced = { created: 1, existing: 0, errors: [], total: 1 };
export const activitiesSynced = { processed: 1, skipped: 0, duplicates: 0, errors: [], total: 1 };

export const createLead = { name: "Bruno Costa", email: "bruno@example.com", source: "Website form", tags: ["demo"] };
export const leadTotals = { total: 1, total_is_capped: false, page: 1, per_page: 25, total_pages: 1 };
export const updateLead = { status: "contacted" as const, phone: null };
export const lead: Lead = {
	id: "0b5f6a52-3c1e-4d8a-9f57-2a7c1e94d6b3",
	environment: "live",
	name: "Bruno Costa",
	email: "bruno@example.com",
	phone: null,
	company: null,
	position: null,
	source: "Website form",
	status: "new",
	tags: ["demo"],
	custom_fields: {},
	owner_id: "5c0d1f9e-8b7a-4c36-a1d2-93e4b5f60718",
	team_id: null,
	created_at: "2026-02-03T04:05:06.789Z",
	updated_at: "2026-02-03T04:05:06.789Z",
};

export const operationsOverview: OperationsOverview = {
	checks: [
		{ name: "database", ok: true, milliseconds: 4 },
		{ name: "schema", ok: true, milliseconds: 6 },
		{ name: "gate", ok: true, milliseconds: 3 },
		{ name: "jurisdiction", ok: true, milliseconds: 4 },
		{ name: "product_data", ok: true, milliseconds: 3 },
	],
	version: { id: "db7cd8d3-4425-4fe7-8c81-01bf963b6067", tag: "1.1.0", created_at: "2026-02-03T03:00:00.000000Z" },
	tasks: [{ name: "sweeps", last_success_at: "2026-02-03T04:05:00.000Z", last_failure_at: null }],
	canary: {
		enabled: true,
		last: {
			at: "2026-02-03T04:05:00.000Z",
			error: null,
			late_admissions: 0,
			rate_limit: 20,
			admitted: 20,
			refused_after_ms: 8,
		},
	},
	waiting: { sweeps: 0, failed_gates: 0, stalled_jobs: 0, unlisted_keys: 0 },
};

export const serviceStatus: PublicStatus = {
	measuring: true,
	last_measured_at: "2026-02-03T04:04:00.000Z",
	since: "2026-01-05T00:00:00.000Z",
	updated_at: "2026-02-03T04:05:06.789Z",
	measured_minutes: 42_002,
	missing_minutes: 3,
	late_admissions: 0,
	limit_error: 0,
	admission_ms: { p50: 9, p99: 41 },
	refused_after_ms: { p50: 8, p99: 37 },
	days: [
		{
			date: "2026-02-03",
			measured_minutes: 244,
			missing_minutes: 0,
			late_admissions: 0,
			limit_error: 0,
			admission_ms: { p50: 9, p99: 38 },
		},
	],
};

export const person = { email: "ana@acme.example" };
export const personExport: PersonExport = {
	email: person.email,
	tables: {
		leads: [{ id: "5b1f0c2e-7d64-4c1b-9a55-0f6f8c1f2a10", environment: "live", name: "Ana", email: person.email }],
	},
	cut_off: [],
};
export const personDeleted: PersonDeleted = {
	deleted: { activities: 12, merged_collaborators: 0, collaborators: 1, leads: 1 },
	cleaned_audit_events: 34,
	is_complete: true,
	events_kept_until: null,
};

export const operationsSecrets: OperationsSecrets = {
	secrets: [
		{
			name: "KEY_PEPPER",
			id: "c41e77b0",
			since: "2026-02-01T09:17:00.000Z",
			previous: {
				id: "5f0c1a9e",
				since: "2025-02-03T09:17:00.000Z",
				last_used_at: null,
				dependents: { api_keys: 412, management_tokens: 3, is_lower_bound: false },
				tenants: [{ id: tenant.id, name: tenant.name, api_keys: 412, management_tokens: 3 }],
				removable_at: null,
			},
			missing: [],
		},
	],
};

export const session: OpenSession = {
	id: "ses_6Hn4Vb2Qs9Xk1Tzd",
	created_at: "2026-02-03T01:00:00.000Z",
	last_seen_at: "2026-02-03T04:05:00.000Z",
	expires_at: "2026-02-03T13:00:00.000Z",
	ip: "203.0.113.7",
	user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
	place: "São Paulo, BR",
	current: true,
};

export const deliveriesInput = { key_ids: [apiKey.id] };
export const deliveries: Deliveries = {
	items: [
		{
			key_id: apiKey.id,
			tenant_id: tenant.id,
			waiting_since: "2026-02-03T04:01:00.000Z",
			failures: 4,
			failing_since: "2026-02-03T04:01:00.123Z",
		},
	],
};

export const reconcileKeys = { after: "", limit: 50, dry_run: true };
export const reconcileObjects = { object_ids: [`${"0".repeat(63)}1`], dry_run: true };
export const reconcilePage = {
	items: [
		{
			key_id: apiKey.id,
			tenant_id: tenant.id,
			outcome: "missing" as const,
			repaired: true,
		},
	],
	suspensions: [],
	next_after: apiKey.id,
};
export const openTokens = { created_before: "2026-02-03T00:00:00.000Z" };
export const openTokenList = {
	items: [
		{
			id: managementToken.id,
			tenant_id: tenant.id,
			name: managementToken.name,
			created_at: managementToken.created_at,
			last_used_at: managementToken.last_used_at,
		},
	],
	next_after: null,
};
