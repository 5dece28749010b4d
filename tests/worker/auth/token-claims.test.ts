/** Which claims of a token hold tenant, role and capabilities, with names that are configured. */
import { describe, expect, it } from "vitest";
import { mapClaims } from "../../../worker/auth/token-claims.ts";
import { AppError } from "../../../worker/errors.ts";
import { DEFAULT_CLAIMS, readClaimMapping } from "../../../worker/jwt-claims.ts";

function mappingOf(text: string) {
	const problems: string[] = [];
	const mapping = readClaimMapping(text, problems);
	return { mapping, problems };
}

/** What is found in a token with this JSON as its payload. Parsed, because only JSON can have a field `__proto__`. */
function found(payload: string, config = "") {
	try {
		return mapClaims(JSON.parse(payload), mappingOf(config).mapping);
	} catch (thrown) {
		if (!(thrown instanceof AppError)) throw thrown;
		return `${thrown.status} ${thrown.message}`;
	}
}

describe("without JWT_CLAIMS", () => {
	it("the claims are tenant_id, role and capabilities, and roles have this service's names", () => {
		expect(mappingOf("")).toEqual({ mapping: DEFAULT_CLAIMS, problems: [] });
		for (const role of ["owner", "admin", "member"])
			expect(found(`{"tenant_id":"t","role":"${role}","capabilities":["a"]}`)).toMatchObject({
				tenant_id: "t",
				role,
				capabilities: ["a"],
			});
		expect(found('{"tenant_id":"t","role":"member"}')).toMatchObject({ capabilities: [] });
	});
});

describe("names of the prototype", () => {
	it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("are claims like all others: %s", (name) => {
		const config = JSON.stringify({ tenant_id: [name], role: [name] });
		expect(found("{}", config)).toBe(`401 The token has no claim ${name}, which names the tenant.`);
		expect(found(`{"${name}":"owner"}`, config)).toMatchObject({ tenant_id: "owner", role: "owner" });
	});

	it.each(["__proto__", "constructor", "toString"])("are unknown roles, unless they are mapped: %s", (name) => {
		const payload = `{"tenant_id":"t","role":["${name}"]}`;
		expect(found(payload)).toContain("401 The token's claim role names no role");
		expect(found(payload, `{"role_names":{"${name}":"member"}}`)).toMatchObject({ role: "member" });
	});

	it("in a token change nothing", () => {
		const payload = '{"__proto__":{"tenant_id":"other","role":"owner"},"role":"member"}';
		expect(found(payload)).toBe("401 The token has no claim tenant_id, which names the tenant.");
	});
});

describe("several claims for one field", () => {
	const config = '{"tenant_id":["a","b"],"role":["r","roles"],"capabilities":["c","d"]}';

	it("may all be there if their tenants agree", () => {
		expect(found('{"a":"t","b":"t","r":"member"}', config)).toMatchObject({ tenant_id: "t" });
		expect(found('{"a":null,"b":"t","r":"member"}', config)).toMatchObject({ tenant_id: "t" });
		expect(found('{"a":"t","b":"u","r":"member"}', config)).toBe(
			"401 The token's claims a or b name different tenants.",
		);
		expect(found('{"a":"t","b":7,"r":"member"}', config)).toContain("claim b must be the id of one tenant");
	});

	it("add up for roles and capabilities", () => {
		expect(found('{"a":"t","r":"member","roles":["admin"],"c":["x"],"d":["y"]}', config)).toMatchObject({
			role: "admin",
			capabilities: ["x", "y"],
		});
	});
});

describe("a token with too much", () => {
	it("is rejected", () => {
		const many = JSON.stringify(Array.from({ length: 101 }, () => "admin"));
		expect(found(`{"tenant_id":"t","role":${many}}`)).toContain("401 ");
		expect(found(`{"tenant_id":"t","role":"admin","capabilities":${many}}`)).toContain("401 ");
		expect(found(`{"tenant_id":"${"t".repeat(65)}","role":"admin"}`)).toContain("401 ");
	});
});

describe("a JWT_CLAIMS that is wrong", () => {
	it.each([
		["{", "JWT_CLAIMS must be a JSON object"],
		["[]", "JWT_CLAIMS must be a JSON object"],
		["null", "JWT_CLAIMS must be a JSON object"],
		['"role"', "JWT_CLAIMS must be a JSON object"],
		['{"roles":"x"}', "JWT_CLAIMS.roles is unknown"],
		['{"__proto__":"x"}', "JWT_CLAIMS.__proto__ is unknown"],
		['{"role":""}', "JWT_CLAIMS.role must be the name of a claim"],
		['{"role":null}', "JWT_CLAIMS.role must be the name of a claim"],
		['{"tenant_id":["a",1]}', "JWT_CLAIMS.tenant_id must be the name of a claim"],
		['{"capabilities":{}}', "JWT_CLAIMS.capabilities must be the name of a claim"],
		['{"role_names":{}}', "JWT_CLAIMS.role_names must map role names"],
		['{"role_names":["a"]}', "JWT_CLAIMS.role_names must map role names"],
		['{"role_names":{"a":"Owner"}}', "JWT_CLAIMS.role_names.a must be owner, admin, member"],
		['{"role_names":{"__proto__":"root"}}', "JWT_CLAIMS.role_names.__proto__ must be"],
	])("is a problem that names the field: %s", (text, problem) => {
		expect(mappingOf(text).problems).toEqual([expect.stringContaining(problem)]);
	});
});
