/** Numbers that texts of the page repeat. */
import { expect, it } from "vitest";
import { audit as english } from "../../web/i18n/en/audit.ts";
import { audit as portuguese } from "../../web/i18n/pt-BR/audit.ts";
import { AUDIT_KEPT_DAYS } from "../../worker/services/retention.ts";

it.each([
	["English", english],
	["Portuguese", portuguese],
])("the %s text says how long audit events are kept", (_, words) => {
	expect(words.empty.text).toContain(` ${AUDIT_KEPT_DAYS} `);
});
