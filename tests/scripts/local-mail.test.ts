/** The mail of `npm run dev`: its link is printed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { linkIn, withLocalMail } from "../../scripts/local-mail.ts";

const folder = mkdtempSync(join(tmpdir(), "salesos-mail-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("finds the link of a mail in the file that Miniflare names", () => {
	const file = join(folder, "mail.txt");
	writeFileSync(file, "Open this link:\n\nhttp://localhost:8787/reset#abc123\n\nIgnore it otherwise.\n");
	const logged = `send_email binding called with MessageBuilder:\nFrom: a\nTo: b\nSubject: c\n\nText: ${file}`;
	expect(linkIn(logged)).toBe("http://localhost:8787/reset#abc123");
});

it("finds none in any other message", () => {
	expect(linkIn("ready in 300 ms")).toBeUndefined();
});

it("binds mail with a sender, and links to the local service", () => {
	const config = { vars: { JWT_ISSUER: "x", MAIL_FROM: "" } as Record<string, unknown>, send_email: [] };
	withLocalMail("http://localhost:8787")(config);
	expect(config).toEqual({
		vars: { JWT_ISSUER: "x", MAIL_FROM: "keys@salesos.example", PUBLIC_URL: "http://localhost:8787" },
		send_email: [{ name: "EMAIL" }],
	});
});
