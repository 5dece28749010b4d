import type { Words } from "../en/index.ts";
import { plural } from "../format.ts";

export const rotate: Words["rotate"] = {
	screen: "Rotacionar chave",
	title: (name) => `Rotacionar ${name}`,
	intro:
		"Uma chave nova assume enquanto a antiga continua funcionando, então nenhuma requisição falha. Você pode sair quando quiser e continuar depois a partir daqui.",
	loadFailed: "Não foi possível carregar a chave",
	gone: "Chave não encontrada",
	allKeys: "Ir para as chaves de API",
	steps: "Etapas da rotação",
	isDone: "Concluída:",
	create: {
		title: "Criar a chave nova",
		text: "Ela recebe o mesmo nome e os mesmos escopos, limite e endereços IP permitidos. Você a vê uma única vez.",
		ends: "Quando a chave antiga deixa de funcionar?",
		endsHint:
			"A partir daí, as requisições com a chave antiga são recusadas. Depois você pode encerrá-la antes, mas não prolongar o prazo.",
		endsAnyway: (span, date) => `De qualquer forma, a chave antiga expira em ${span} (${date}).`,
		manual: "Quando eu revogar",
		manualHint: "Sem surpresas: as duas chaves funcionam até você ver que ninguém mais usa a antiga.",
		byItself: {
			0: "Agora",
			1: "Automaticamente, após 1 hora",
			24: "Automaticamente, após 24 horas",
			168: "Automaticamente, após 7 dias",
		},
		byItselfHint: {
			0: "Para uma chave que vazou. As requisições da integração são recusadas até ela receber a chave nova.",
			1: "Para uma chave que outras pessoas podem ter visto.",
			24: "Para integrações que rodam pelo menos uma vez por dia.",
			168: "Para rotinas semanais e parceiros que precisam de tempo.",
		},
		expires: "A chave nova expira",
		asBeforeNever: "Nunca, como antes",
		asBefore: (span, date) => `Depois de ${span}, como antes (${date})`,
		after: (span, date) => `Depois de ${span} (${date})`,
		days: (count, text) => `${text} ${plural(count, "dia", "dias")}`,
		lost: "A chave nova foi criada na primeira tentativa, mas a resposta com o segredo se perdeu. Crie outra abaixo.",
		alreadyMade: "Outra pessoa acabou de criar a chave nova. Nada foi alterado.",
		submit: "Criar chave nova",
		submitNow: "Substituir a chave agora",
		busy: "Criando…",
		done: (hint, ago) => `${hint}, criada ${ago}.`,
	},
	replace: {
		text: "A chave nova desta rotação foi encerrada ou excluída antes da antiga. Crie outra para continuar. A chave antiga ainda funciona.",
		submit: "Criar outra chave nova",
	},
	update: {
		title: "Atualizar a integração",
		text: "Substitua a chave antiga na integração e publique-a ou reinicie-a. As duas chaves funcionam, então faça com calma.",
		newKey: "Chave nova",
		oldKey: "Chave antiga",
		callers: "Quem usou a chave antiga recentemente",
		lost: "Ficou sem a chave nova?",
		lostText: "Não dá para mostrá-la de novo. Crie outra; a que nunca foi usada é revogada.",
		lostTooLate: "Não dá para mostrá-la de novo. Rotacione a chave nova para receber a próxima.",
		rotateNew: "Rotacionar a chave nova",
		another: "Criar outra chave nova",
	},
	another: {
		title: "Criar outra chave nova?",
		text: (hint) =>
			`${hint} ainda não foi usada. Ela será revogada, e uma nova será criada no lugar. Uma integração que já a tenha será recusada até receber a próxima. A chave antiga não muda.`,
		submit: "Revogar e criar outra",
		usedMeanwhile: "A chave nova foi usada nesse meio-tempo, então alguém a tem. Nada foi alterado.",
		reason: "Nunca usada; substituída por outra chave na mesma rotação",
	},
	use: {
		title: "Ver a chave nova em uso",
		waiting: "Esperando a primeira requisição com a chave nova…",
		live: "Ao vivo",
		notLive: "Sem atualização: o serviço não responde",
		tested: (ago) =>
			`A chave nova foi testada em um navegador ${ago}. Isso não conta: falta a requisição da própria integração.`,
		refused: (endpoint, ip, ago) =>
			`A chave nova foi apresentada ${ago} e recusada: ${endpoint}, de ${ip}. Verifique os escopos e os endereços IP permitidos.`,
		openKey: "Abrir a chave nova",
		first: (ago) => `Primeira requisição ${ago}`,
		inUse: (count, text, ago) => `Em uso: ${text} ${plural(count, "requisição", "requisições")}, a última ${ago}`,
		by: (endpoint, ip, agent) => `${endpoint}, de ${ip}, ${agent}`,
		onlyChecks: "Até agora ela só foi testada com GET /v1/whoami. Espere a integração usá-la nas próprias requisições.",
	},
	retire: {
		title: "Desativar a chave antiga",
		later: "Quando a chave nova estiver em uso, você verá aqui se a antiga ainda é usada.",
		plan: "A chave antiga funciona até você revogar.",
		planExpires: (date) => `A chave antiga funciona até você revogar, ou até expirar em ${date}.`,
		planEnds: (span, date) => `A chave antiga será encerrada automaticamente em ${span} (${date}).`,
		hurry: (span) =>
			`A chave antiga será encerrada automaticamente em ${span}. Se a integração não tiver a chave nova até lá, as requisições serão recusadas.`,
		neverUsed: "A chave antiga nunca foi usada.",
		stillUsed: (ago) => `Ainda em uso: última requisição com a chave antiga ${ago}`,
		silent: (span) => `A chave antiga está sem uso há ${span}`,
		wait: "Espere a rotina mais rara, como uma que roda à noite, rodar de novo.",
		waitFor: (before, pause) =>
			`Nos ${before} antes da rotação, ela chegou a ficar ${pause} sem uso. Espere pelo menos esse tempo.`,
		waitedEnough: (before, pause) =>
			`É mais do que qualquer pausa nos ${before} antes da rotação (a maior foi de ${pause}).`,
		unusedBefore: (before) =>
			`Nos ${before} antes da rotação ela não foi usada, então a falta de uso diz pouco. Pergunte a quem cuida da integração.`,
		callers: "Quem usa a chave antiga",
		moved: "Usa a chave nova",
		both: "Usa as duas chaves",
		notYet: "Ainda não usou a chave nova",
		revoke: "Revogar chave antiga",
		revoked: (ago) => `Revogada ${ago}.`,
		expired: (ago) => `Expirada ${ago}.`,
		cut: "A chave antiga foi encerrada, mas a nova ainda não foi usada. Se a integração ainda tem a antiga, as requisições estão sendo recusadas. Atualize-a agora.",
	},
	done: {
		title: "Rotação concluída",
		text: (oldHint, newHint) => `${newHint} assumiu, e ${oldHint} não funciona mais.`,
		bothEnded: (oldHint) => `${oldHint} não funciona mais, nem a chave que veio depois dela.`,
		open: "Abrir a chave nova",
	},
	closed: {
		title: "Esta chave não pode ser rotacionada",
		revoked: (ago) =>
			`Ela foi revogada ${ago}, e isso é definitivo. As requisições já são recusadas. Crie uma chave nova para a integração.`,
		expired: (ago) =>
			`Ela expirou ${ago}. As requisições já são recusadas. Crie uma chave nova para a integração ou prorrogue a validade desta.`,
		create: "Criar chave de API",
		open: "Abrir a chave",
	},
	announcements: {
		update: "A chave nova foi criada. Próxima etapa: atualizar a integração.",
		watch: "A chave nova está em uso.",
		done: "A chave antiga foi encerrada. Rotação concluída.",
		cut: "A chave antiga foi encerrada, e a nova ainda não foi usada.",
		replace: "A chave nova foi encerrada. Crie outra.",
	},
};
