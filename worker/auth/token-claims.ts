/** Finds tenant, role and capabilities in the claims of a valid token. Pure. */
import type { JWTPayload } from "jose";
import { ROLES, type Role } from "../../db/enums.ts";
import { AppError } from "../errors.ts";
import type { ClaimField, ClaimMapping } from "../jwt-claims.ts";

/** More than a person has roles or permissions. */
const LIST_MAX = 100;
const ITEM_MAX_CHARACTERS = 100;
const TENANT_MAX_CHARACTERS = 64;

export interface MappedClaims {
	tenant_id: string;
	role: Role;
	capabilities: string[];
	email: unknown;
	email_verified: unknown;
	name: unknown;
}

/** Throws `UNAUTHORIZED`, with the name of the claim, if tenant or role is missing, malformed, ambiguous or unknown. */
export function mapClaims(payload: JWTPayload, mapping: ClaimMapping): MappedClaims {
	const present = (field: ClaimField) => presentIn(payload, mapping, field);
	const named = (field: ClaimField) => mapping.names[field].join(" or ");

	const tenantId = mapTenant(payload, mapping);
	if (tenantId === null) throw rejected(`The token has no claim ${named("tenant_id")}, which names the tenant.`);

	const roleNames = present("role").flatMap(({ name, value }) => textsIn(name, value, "text or a list of texts"));
	if (roleNames.length === 0) throw rejected(`The token has no claim ${named("role")}, which names the role.`);
	const roles = new Set(roleNames.map((name) => mapping.roles.get(name)));
	// ROLES begins with the role that may do most.
	const role = ROLES.find((known) => roles.has(known));
	if (role === undefined)
		throw rejected(`The token's claim ${named("role")} names no role that this service knows. Map it in JWT_CLAIMS.`);

	const capabilities = present("capabilities").flatMap(({ name, value }) => {
		if (!Array.isArray(value)) throw rejected(`The token's claim ${name} must be a list of texts.`);
		return textsIn(name, value, "a list of texts");
	});
	return { tenant_id: tenantId, role, capabilities, ...mapPerson(payload, mapping) };
}

/** The tenant that the claims name; null if they name none. Throws `UNAUTHORIZED` for a malformed claim, or several tenants. */
export function mapTenant(payload: JWTPayload, mapping: ClaimMapping): string | null {
	const named = presentIn(payload, mapping, "tenant_id").map(({ name, value }) => tenantIn(name, value));
	const [tenantId = null, ...others] = new Set(named);
	if (others.length === 0) return tenantId;
	throw rejected(`The token's claims ${mapping.names.tenant_id.join(" or ")} name different tenants.`);
}

/** What the claims say about the person. Not validated. */
export function mapPerson(payload: JWTPayload, mapping: ClaimMapping) {
	const first = (field: ClaimField): unknown => presentIn(payload, mapping, field)[0]?.value;
	return { email: first("email"), email_verified: first("email_verified"), name: first("name") };
}

// A claim such as `toString` must not be found on the prototype.
const presentIn = (payload: JWTPayload, mapping: ClaimMapping, field: ClaimField) =>
	mapping.names[field].flatMap((name) =>
		Object.hasOwn(payload, name) && payload[name] !== null ? [{ name, value: payload[name] }] : [],
	);

function tenantIn(name: string, value: unknown): string {
	if (typeof value === "string" && value !== "" && value.length <= TENANT_MAX_CHARACTERS) return value;
	throw rejected(`The token's claim ${name} must be the id of one tenant, as text.`);
}

function textsIn(name: string, value: unknown, expected: string): string[] {
	const texts = Array.isArray(value) ? value : [value];
	const isText = (text: unknown) => typeof text === "string" && text.length <= ITEM_MAX_CHARACTERS;
	if (texts.length > LIST_MAX || !texts.every(isText)) throw rejected(`The token's claim ${name} must be ${expected}.`);
	return texts;
}

const rejected = (message: string) => new AppError("UNAUTHORIZED", message);
