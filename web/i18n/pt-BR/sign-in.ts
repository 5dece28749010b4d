import type { Words } from "../en/index.ts";

export const signIn: Words["signIn"] = {
	completing: "Entrando…",
	problems: {
		cancelled: () => "Você cancelou o login. Comece de novo quando quiser.",
		outdated: () =>
			"Este login não vale mais: demorou mais de dez minutos, ou você começou outro em uma segunda aba. Comece de novo.",
		failed: (provider) =>
			`A resposta de ${provider} não é válida. Comece de novo. Se acontecer outra vez, avise um proprietário da sua empresa.`,
		unverified_email: (provider) => `${provider} não verificou seu e-mail. Verifique-o lá e entre de novo.`,
		not_invited: () => "Você ainda não foi convidado. Peça um convite a um proprietário da sua empresa.",
		deactivated: () => "Sua conta está desativada. Fale com um proprietário da sua empresa.",
		other_company: () =>
			"Seu e-mail pertence a uma conta de outra empresa. Peça a um proprietário da sua empresa um convite para outro e-mail.",
		no_company: (provider) =>
			`${provider} não informa a que empresa você pertence. Fale com quem administra ${provider} na sua empresa.`,
		suspended_company: () =>
			"O acesso da sua empresa está suspenso, por isso ela não recebe pessoas novas. Fale com um proprietário da sua empresa.",
		other_person: (provider) =>
			`Outra pessoa de ${provider} já usou este e-mail aqui. Peça a um proprietário da sua empresa que remova aquela conta.`,
		full: () => "Sua empresa já tem o máximo de pessoas. Fale com um proprietário da sua empresa.",
		throttled: () => "Tentativas demais. Espere um minuto e tente de novo.",
		unavailable: (provider) => `Não foi possível acessar ${provider}. Tente de novo em instantes.`,
	},
};
