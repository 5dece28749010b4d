import type { Words } from "../en/index.ts";

export const operations: Words["operations"] = {
	title: "Operação",
	overview: {
		title: "Situação do serviço",
		again: "Verificar de novo",
		loadFailed: "Não foi possível carregar a situação do serviço.",
		checks: "Verificações",
		columns: { check: "Verificação", state: "Situação", duration: "Duração" },
		names: {
			database: "Banco de dados",
			schema: "Esquema do banco de dados",
			gate: "Durable Objects",
			jurisdiction: "Jurisdição das chaves",
		},
		ok: "Responde",
		failed: "Não responde",
		milliseconds: (count) => `${count} ms`,
	},
};
