import type { Words } from "../en/index.ts";

export const tokens: Words["tokens"] = {
	title: "Tokens de gestão",
	intro:
		"Credenciais para programas que gerenciam ou verificam chaves de API: CI, scripts e back-ends. Cada um tem suas próprias permissões e um prazo de validade.",
	create: "Criar token",
	empty: {
		title: "Ainda não há tokens de gestão",
		text: "Crie um para cada programa, só com as permissões de que ele precisa.",
	},
	loadFailed: "Não foi possível carregar os tokens de gestão",
	more: "Carregar mais",
	columns: {
		name: "Nome",
		permissions: "Permissões",
		lastUse: "Último uso",
		expires: "Validade",
		creator: "Criado por",
		status: "Status",
		actions: "Ações",
	},
	never: "Nunca",
	from: (ip) => `de ${ip}`,
	status: { active: "Ativo", revoked: "Revogado", expired: "Expirado" },
	creator: {
		platform: "Plataforma",
		deactivated: "desativado",
		removed: "não é mais membro",
	},
	permissions: {
		"keys:read": "Ver chaves de API, seu uso, cotas e tarefas",
		"keys:write": "Criar, alterar, rotacionar, revogar e excluir chaves de API",
		"keys:verify": "Verificar chaves de API que um back-end recebe",
		"audit:read": "Ver a auditoria",
		"members:read": "Ver os membros",
		"tokens:read": "Ver os tokens de gestão",
	},
	form: {
		title: "Criar token de gestão",
		name: "Nome",
		nameHint: "O que usa o token, por exemplo Pipeline de deploy.",
		permissions: "Permissões",
		expiry: "Validade",
		addresses: "Endereços IP permitidos",
		addressesHint:
			"Opcional. Um endereço ou bloco IPv4 ou IPv6 por linha, como 203.0.113.0/24. Se ficar vazio, o token funciona a partir de qualquer endereço IP.",
		submit: "Criar token",
		submitting: "Criando…",
		noAnswer: "Não houve resposta. Se um novo token aparecer na lista, revogue-o, porque o texto dele se perdeu.",
		errors: {
			nameMissing: "Dê um nome ao token, para que as pessoas saibam o que o usa.",
			nameTooLong: (most) => `Reduza o nome para ${most} caracteres.`,
			nameUnprintable: "O nome tem caracteres que não podem ser exibidos. Digite-o de novo.",
			nameHasSecret: "O nome contém uma chave de API ou um token, e todos podem ler o nome. Remova-o.",
			permissions: "Escolha pelo menos uma permissão.",
			tooManyAddresses: (most) =>
				`Um token pode ter no máximo ${most} endereços IP. Junte endereços vizinhos em blocos.`,
		},
	},
	reveal: {
		title: (name) => `Token para ${name}`,
		once: "Esta é a única vez que você verá este token.",
		advice: "Copie-o agora e guarde-o com os outros segredos do programa.",
		token: "Token de gestão",
		hidden: "oculto, começa com smt_",
		show: "Mostrar token",
		hide: "Ocultar token",
		copy: "Copiar token",
		refused: "O navegador não permitiu a cópia. Selecione o token acima e copie-o manualmente.",
		saved: "Já guardei o token",
		leaveTitle: "Sair sem o token?",
		leaveText:
			"Você não o copiou, e ele não será mostrado de novo. Se não precisar dele, revogue-o: nenhum token deve ficar ativo sem que alguém o tenha.",
	},
	revoke: {
		button: "Revogar",
		label: (name) => `Revogar ${name}`,
		title: (name) => `Revogar ${name}?`,
		consequence:
			"Os programas que usam este token serão rejeitados a partir da próxima requisição. Não é possível desfazer.",
		lastUsed: (when) => `O último uso foi ${when}.`,
		neverUsed: "Ele nunca foi usado.",
		submit: "Revogar token",
		submitting: "Revogando…",
		done: (name) => `${name} foi revogado.`,
	},
};
