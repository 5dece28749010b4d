import type { Words } from "../en/index.ts";
import { plural } from "../format.ts";

export const revokeDelete: Words["revokeDelete"] = {
	key: "Chave",
	lastUsed: "Último uso",
	lastDay: "Requisições nas últimas 24 horas",
	lastDayCount: (admitted, refused) => (refused === null ? admitted : `${admitted}, e ${refused} recusadas`),
	callers: "Quem usou recentemente",
	noCallers: "Ninguém",
	moreCallers: (count, text) => `e mais ${text} ${plural(count, "origem", "origens")}`,
	unknownAddress: "Endereço IP desconhecido",
	unknownAgent: "Aplicativo desconhecido",
	notLoaded: "Não foi possível carregar quem usa esta chave. Você pode continuar mesmo assim.",
	used: (name, ago) => `${name} foi usada ${ago}.`,
	usedBy: (name, ago, callers, text) =>
		`${name} foi usada ${ago} a partir de ${text} ${plural(callers, "origem", "origens")}.`,
	neverUsed: (name) => `${name} nunca foi usada.`,
	revoke: {
		title: (name) => `Revogar ${name}?`,
		consequence: "Assim que você revogar, requisições com esta chave serão recusadas. Não há como desfazer.",
		expired:
			"Ela expirou, então as requisições já são recusadas. Depois de revogada, não será possível adiar a expiração.",
		already: (name) => `${name} já está revogada. As requisições com ela são recusadas.`,
		reason: "Motivo (opcional)",
		reasonHint: "Fica registrado na auditoria.",
		reasonTooLong: (max) => `Reduza o motivo para ${max} caracteres.`,
		reasonHasKey: "Remova a chave de API do motivo. Quem tem acesso à auditoria poderia lê-la.",
		submit: "Revogar chave",
		busy: "Revogando…",
		done: (name) => `${name} foi revogada. A partir de agora, as requisições com ela são recusadas.`,
		gone: (name) => `${name} foi excluída nesse meio-tempo. As requisições com ela já são recusadas.`,
	},
	revokeMany: {
		title: (count, text) => `Revogar ${text} ${plural(count, "chave", "chaves")}?`,
		consequence: "Assim que você revogar, requisições com estas chaves serão recusadas. Não há como desfazer.",
		lately: (count, text) =>
			count === 0
				? "Nenhuma delas foi usada nas últimas 24 horas."
				: `${text} ${plural(count, "delas foi usada", "delas foram usadas")} nas últimas 24 horas.`,
		already: (count, text) => `Mais ${text} já ${plural(count, "está revogada", "estão revogadas")}.`,
		allRevoked: "Todas estas chaves já estão revogadas. As requisições com elas são recusadas.",
		list: "Chaves a revogar",
		submit: (count, text) => `Revogar ${text} ${plural(count, "chave", "chaves")}`,
		confirm: (text) => `Digite ${text} para confirmar`,
		confirmHint: "Algumas destas chaves estão em uso.",
		tooMany:
			"Sua empresa tem revogações demais em aberto. Elas aparecem na lista de chaves: espere uma terminar ou retome uma interrompida.",
		continues: "O serviço continua revogando as chaves. A lista mostra o andamento.",
		done: (count, text) =>
			`${text} ${plural(count, "chave foi revogada", "chaves foram revogadas")}. A partir de agora, as requisições com ${plural(count, "ela", "elas")} são recusadas.`,
		gone: (count, text) =>
			`${text} ${plural(count, "chave já tinha sido excluída. As requisições com ela", "chaves já tinham sido excluídas. As requisições com elas")} são recusadas.`,
	},
	job: {
		title: (count, text) => `Revogação de ${text} ${plural(count, "chave", "chaves")}`,
		titleUnknown: "Revogação de várias chaves",
		loadFailed: "Não foi possível carregar a revogação",
		started: (ago) => `Iniciada ${ago}.`,
		reason: (reason) => `Motivo: ${reason}`,
		bar: "Chaves revogadas",
		progress: (done, count, of) => `${done} de ${of} ${plural(count, "chave foi revogada", "chaves foram revogadas")}.`,
		stop: "Interromper",
		closeAndContinue: "Fechar e continuar",
		stopped: (count, text) =>
			`Interrompida. ${text} ${plural(count, "chave não foi revogada e ainda funciona", "chaves não foram revogadas e ainda funcionam")}.`,
		failed: (count, text) =>
			`Não foi possível revogar ${text} ${plural(count, "chave, que ainda pode", "chaves, que ainda podem")} funcionar.`,
		failedList: "Chaves não revogadas",
		gone: "A chave foi excluída nesse meio-tempo. As requisições com ela são recusadas.",
		more: (text) => `e mais ${text}`,
		resume: (count, text) => `Continuar com ${text} ${plural(count, "chave", "chaves")}`,
		download: "Baixar resultado",
		notices: {
			label: "Revogações",
			running: (count, text) => `Revogando ${text} ${plural(count, "chave", "chaves")}.`,
			stopped: (left, count, of) =>
				`Uma revogação foi interrompida: ${left} de ${of} ${plural(count, "chave não foi revogada", "chaves não foram revogadas")}.`,
			finished: (count, text, ago) =>
				`${text} ${plural(count, "chave foi revogada", "chaves foram revogadas")} ${ago}.`,
			failed: (left, count, of, ago) =>
				`Uma revogação terminou ${ago}: ${left} de ${of} ${plural(count, "chave não foi revogada", "chaves não foram revogadas")}.`,
			show: "Mostrar",
			hide: "Ocultar",
		},
	},
	remove: {
		title: (name) => `Excluir ${name}?`,
		betterRevoke:
			"Quase sempre é melhor revogar: a chave também deixa de funcionar, e você ainda consegue ver o que ela era e quem a usou.",
		stops: "Ela ainda funciona. Excluir a encerra na hora: as requisições com ela serão recusadas.",
		lost: "O registro da chave e o histórico de uso são apagados definitivamente. A auditoria ainda mostra que ela existiu, o que foi feito com ela e que você a excluiu.",
		confirm: (name) => `Digite “${name}” para confirmar`,
		revokeInstead: "Revogar em vez de excluir",
		submit: "Excluir chave",
		busy: "Excluindo…",
		done: (name) => `${name} foi excluída. A auditoria ainda mostra o que foi feito com ela.`,
		gone: (name) => `${name} já tinha sido excluída.`,
	},
};
