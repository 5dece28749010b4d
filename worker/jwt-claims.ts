/** Which claims of an identity provider's token hold what this service needs (`JWT_CLAIMS`). Read at start, so without zod. */
import { ROLES, type Role } from "../db/roles.ts";

const FIELDS = ["tenant_id", "role", "capabilities", "email", "email_verified", "name"] as const;
export type ClaimField = (typeof FIELDS)[number];

export interface ClaimMapping {
	/** For each field the claims that may hold it. */
	names: Record<ClaimField, readonly string[]>;
	/** This service's role for each role name of the provider. A map, because a token chooses what is looked up in it. */
	roles: ReadonlyMap<string, Role>;
}

/** The claims of this service's own tokens, and of a provider where `JWT_CLAIMS` says nothing else. */
export const DEFAULT_CLAIMS: ClaimMapping = {
	names: {
		tenant_id: ["tenant_id"],
		role: ["role"],
		capabilities: ["capabilities"],
		email: ["email"],
		email_verified: ["email_verified"],
		name: ["name"],
	},
	roles: new Map(ROLES.map((role) => [role, role])),
};

const NAMES_MAX = 10;
const NAME_MAX_CHARACTERS = 200;

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

const isName = (value: unknown): value is string =>
	typeof value === "string" && value.trim() !== "" && value.length <= NAME_MAX_CHARACTERS;

/** Reads `JWT_CLAIMS`. Adds every problem by the name of its field. */
export function readClaimMapping(text: unknown, problems: string[]): ClaimMapping {
	if (text === undefined || text === "") return DEFAULT_CLAIMS;
	const given = parse(text);
	if (!isObject(given)) {
		problems.push('JWT_CLAIMS must be a JSON object, such as {"tenant_id": "https://salesos.example/tenant_id"}');
		return DEFAULT_CLAIMS;
	}
	const names = { ...DEFAULT_CLAIMS.names };
	let { roles } = DEFAULT_CLAIMS;
	for (const [field, value] of Object.entries(given)) {
		if (field === "role_names") roles = readRoleNames(value, problems);
		else if (isField(field)) names[field] = readNames(field, value, problems);
		else problems.push(`JWT_CLAIMS.${field} is unknown. The fields are ${[...FIELDS, "role_names"].join(", ")}`);
	}
	return { names, roles };
}

function parse(text: unknown): unknown {
	try {
		return typeof text === "string" ? JSON.parse(text) : undefined;
	} catch {
		return undefined;
	}
}

// `includes` takes only members of the list.
const isField = (name: string): name is ClaimField => FIELDS.includes(name as ClaimField);

function readNames(field: ClaimField, value: unknown, problems: string[]): string[] {
	const names = Array.isArray(value) ? value : [value];
	if (names.length > 0 && names.length <= NAMES_MAX && names.every(isName)) return names;
	problems.push(`JWT_CLAIMS.${field} must be the name of a claim, or a list of 1 to ${NAMES_MAX} names`);
	return [];
}

/** Replaces the default names, so that a role of the provider counts only if it is listed. */
function readRoleNames(value: unknown, problems: string[]): ReadonlyMap<string, Role> {
	const roles = new Map<string, Role>();
	if (!isObject(value) || Object.keys(value).length === 0)
		problems.push('JWT_CLAIMS.role_names must map role names, such as {"manager": "member"}');
	else
		for (const [name, mapped] of Object.entries(value)) {
			const role = ROLES.find((known) => known === mapped);
			if (role) roles.set(name, role);
			else problems.push(`JWT_CLAIMS.role_names.${name} must be ${ROLES.join(", ")}`);
		}
	return roles;
}
