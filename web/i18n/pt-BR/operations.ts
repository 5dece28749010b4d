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
	secrets: {
		title: "Segredos",
		hint: "Cada segredo aparece pelo seu ID, nunca pelo seu valor. Durante a rotação, o segredo anterior continua válido.",
		loadFailed: "Não foi possível carregar os segredos.",
		columns: {
			secret: "Segredo",
			current: "Atual",
			previous: "Anterior",
			needed: "Ainda depende do anterior",
			go: "Pode ser removido",
		},
		since: (id, date) => `${id}, desde ${date}`,
		none: "Nenhum",
		keys: (count, one) => (one ? "1 chave de API" : `${count} chaves de API`),
		tokens: (count, one) => (one ? "1 token de gerenciamento" : `${count} tokens de gerenciamento`),
		lastUsed: (date) => `Último uso em ${date}`,
		neverUsed: "Nenhum uso registrado",
		now: "Agora",
		from: (date) => `A partir de ${date}`,
		notYet: "Quando nada mais depender dele",
		missing: (count, id) => `${count} chaves de API ativas são recusadas: o segredo ${id} não está configurado.`,
		listOfKeys: "Administradores de uma empresa veem essas chaves aqui:",
	},
};
