import type { Words } from "../en/index.ts";
import { plural } from "../format.ts";

export const sessions: Words["sessions"] = {
	title: "Sessões",
	intro: "Onde você está conectado. Encerre as sessões que não reconhece e, nesse caso, troque sua senha.",
	loadFailed: "Não foi possível carregar as sessões",
	current: "Esta sessão",
	unknownProgram: "Programa desconhecido",
	signedIn: "Login",
	lastSeen: "Vista por último",
	end: "Encerrar sessão",
	endOf: (program, place) => `Encerrar sessão: ${[program, place].filter(Boolean).join(", ")}`,
	ended: "A sessão foi encerrada.",
	endedBefore: "A sessão já tinha sido encerrada.",
	endOthers: "Encerrar as outras sessões",
	noOthers: "Você não está conectado em nenhum outro lugar.",
	confirmTitle: "Encerrar as outras sessões?",
	confirmText: (count) =>
		`${count} ${plural(count, "sessão será encerrada", "sessões serão encerradas")} imediatamente. Para continuar nelas, será preciso entrar de novo.`,
	titleOf: (name) => `Sessões de ${name}`,
	noneOf: (name) => `${name} não está com nenhuma sessão aberta.`,
	endAll: "Encerrar todas as sessões",
	endAllText: "Depois disso, a pessoa pode entrar de novo. Para impedir, desative-a.",
	endedOthers: (count) => `${count} ${plural(count, "sessão encerrada", "sessões encerradas")}.`,
};
