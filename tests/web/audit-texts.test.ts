/** Numbers that texts of the page repeat. */
import { expect, it } from "vitest";
import { en } from "../../web/i18n/en/index.ts";
import { ptBR } from "../../web/i18n/pt-BR/index.ts";
import { AUDIT_KEPT_DAYS } from "../../worker/services/retention.ts";

it.each([
	["English", en],
	["Portuguese", ptBR],
])("the %s text says how long audit events are kept", (_, words) => {
	expect(words.audit.empty.text).toContain(` ${AUDIT_KEPT_DAYS} `);
});
