/** After signing in people land where they were going, if that is here, and never anywhere else. */
import { expect, it } from "vitest";
import { paths } from "../../web/paths.ts";
import { pathAfterSignIn } from "../../web/session/redirect.ts";

it.each(["/account", "/integrations/audit-log?who=ana%40acme.example", "/integrations/api-keys/k1#usage", "/"])(
	"%s is a way on",
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
])("%j leads home", (wanted) => expect(pathAfterSignIn(wanted)).toBe(paths.keys));

it("dots in a path are resolved", () => expect(pathAfterSignIn("/x/./../account")).toBe("/account"));
