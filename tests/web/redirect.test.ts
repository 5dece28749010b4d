/** Signing in leads to the wanted path if it is one of this page, and never to another site. */
import { expect, it } from "vitest";
import { paths } from "../../web/paths.ts";
import { pathAfterSignIn } from "../../web/session/redirect.ts";

it.each(["/account", "/integrations/audit-log?who=ana%40acme.example", "/integrations/api-keys/k1#usage", "/"])(
	"allows %s after signing in",
	(path) => expect(pathAfterSignIn(path)).toBe(path),
);

it.each([
	undefined,
	"",
	"account",
	"//evil.example",
	"///evil.example",
	"/\\evil.example",
	"\\\\evil.example",
	"https://evil.example/",
	"https:evil.example",
	"javascript:alert(1)",
	"data:text/html,x",
	" //evil.example",
	"/\t/evil.example",
	"/\n/evil.example",
	"/sign-in",
	"/sign-in?to=/sign-in",
	"/../sign-in",
	"//[",
	"/..//evil.example",
	"/.//evil.example",
	"/a/..//evil.example",
])("leads to the list of keys instead of %j", (wanted) => expect(pathAfterSignIn(wanted)).toBe(paths.keys));

it("resolves dots in a path", () => expect(pathAfterSignIn("/x/./../account")).toBe("/account"));
