/** A tenant for one test, and its people. */
import { createHash, randomBytes } from "node:crypto";
import { SignJWT } from "jose";
import type { Role } from "../../db/enums.ts";
import { type InputOf, type OutputOf, type Reachable, Session } from "../session.ts";
import { runSettings, secret } from "./run-settings.ts";

/** As long as a session that was opened by signing in. */
const TOKEN_LIFE_SECONDS = 12 * 3_600;

export interface PersonOptions {
	/** "admin" by default. */
	role?: Role;
	/** In addition to those of the role, such as `admin.integrations` for a member. */
	capabilities?: string[];
	email?: string;
	name?: string;
}

/** A person of a tenant, signed in. */
export interface Person {
	id: string;
	email: string;
	name: string;
	role: Role;
	/** The session token of the browser's cookie. */
	token: string;
	/** Calls as this person, without the browser. */
	api: Session;
}

export class TestTenant {
	readonly id: string;
	readonly name: string;
	readonly slug: string;
	/** Prepares and checks things without the browser. */
	readonly admin: Person;
	readonly #service: Reachable;

	private constructor(service: Reachable, { id, name, slug }: OutputOf<"tenants.create">, admin: Person) {
		this.#service = service;
		this.id = id;
		this.name = name;
		this.slug = slug;
		this.admin = admin;
	}

	/** A new tenant, which no other test uses. */
	static async create(service: Reachable, name: string): Promise<TestTenant> {
		const platform = new Session(service, secret("SERVICE_ROLE_KEY"));
		const created = await platform.mutate("tenants.create", { name, slug: `test-${unique()}` });
		return new TestTenant(service, created, await person(service, created.id, { name: "Ana Admin" }));
	}

	/** One more person. */
	person(options: PersonOptions = {}): Promise<Person> {
		return person(this.#service, this.id, options);
	}

	/** An API key created by the tenant's admin. */
	createKey(input: InputOf<"keys.create">): Promise<OutputOf<"keys.create">> {
		return this.admin.api.mutate("keys.create", input);
	}

	/** An API key imported by the platform. */
	async importKey(settings: { name: string; last_used_at?: string }): Promise<{ key: string; id: string }> {
		const { key, exported } = oldKey();
		const platform = new Session(this.#service, secret("SERVICE_ROLE_KEY"));
		const keys = [{ ...exported, ...settings }];
		const { items } = await platform.mutate("keys.import", { tenant_id: this.id, keys });
		const id = items[0]?.id;
		if (!id) throw new Error(JSON.stringify(items));
		return { key, id };
	}
}

/** A key of another system, and what it exports of it. */
function oldKey(): { key: string; exported: Record<string, unknown> } {
	const key = `sk_live_${randomBytes(16).toString("hex")}`;
	const exported = {
		environment: "live",
		key_prefix: key.slice(0, 16),
		hash: createHash("sha256").update(key).digest("hex"),
		hash_kind: "sha256",
		scopes: [],
		rate_limit: 1_000,
		created_at: "2025-03-14T09:26:53Z",
	};
	return { key, exported };
}

const unique = () => randomBytes(8).toString("hex");

/**
 * The service knows people only by their tokens, so a signed token is enough. Tests avoid the throttle on sign-in this way;
 * tests of the sign-in form use the people of the demo tenant.
 */
async function person(service: Reachable, tenantId: string, options: PersonOptions): Promise<Person> {
	const { role = "admin", capabilities = [] } = options;
	const id = `usr_${unique()}`;
	const { email = `${role}-${id.slice(-6)}@tenant.example`, name = `Test ${role}` } = options;
	const { issuer, audience } = runSettings().jwt;
	const token = await new SignJWT({ tenant_id: tenantId, role, capabilities, email, name })
		.setProtectedHeader({ alg: "HS256", typ: "JWT" })
		.setSubject(id)
		.setIssuer(issuer)
		.setAudience(audience)
		.setIssuedAt()
		.setExpirationTime(`${TOKEN_LIFE_SECONDS}s`)
		.sign(new TextEncoder().encode(secret("JWT_SECRET")));
	return { id, email, name, role, token, api: new Session(service, token) };
}
