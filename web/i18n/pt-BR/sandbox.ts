import type { Words } from "../en/index.ts";

export const sandbox: Words["sandbox"] = {
	title: "Sandbox de requisições assinadas",
	purpose:
		"Cole uma chave assinada e seu segredo. O navegador assina uma requisição e a envia a este serviço. Use para conferir seu código passo a passo. O segredo fica só na memória desta aba e nunca é enviado.",
	key: "Chave de API",
	pasteHint: (copy) => `Você pode colar aqui o texto de “${copy}”: ele preenche os dois valores.`,
	keyFault: "Cole a chave de API inteira. Ela começa com sk_live_ ou sk_test_.",
	secret: "Segredo da chave de API",
	secretHint: "Some quando você sai desta tela.",
	secretFault: "Cole o segredo inteiro. Ele começa com sks_live_ ou sks_test_.",
	call: "Requisição",
	path: "Caminho e consulta",
	pathHint: "Assinado exatamente como é enviado.",
	pathFault: "Digite um caminho deste serviço, como /v1/leads?status=new, e troque {id} pelo ID de um lead.",
	body: "Corpo",
	bodyHint: "O SHA-256 dele é assinado. Cada espaço e quebra de linha conta.",
	mistake: "Assinar",
	mistakeHint: "Cometa um erro de propósito para ver como o serviço o recusa.",
	mistakes: {
		none: "Corretamente",
		body: "Com um erro: como se o corpo estivesse vazio",
		path: "Com um erro: com outro caminho que não o enviado",
		time: "Com um erro: dois minutos atrás",
	},
	live: "Esta é uma chave de produção: a requisição altera os dados reais da sua empresa.",
	send: "Assinar e enviar",
	sending: "Enviando…",
	result: "Resultado",
	nothingSent: "Nada foi enviado ainda.",
	signed: "O que foi assinado",
	signedHint:
		"Um HMAC-SHA-256 por linha. O primeiro usa o segredo como chave; cada um dos seguintes usa o resultado anterior.",
	parts: {
		key: "Chave de API",
		timestamp: "Timestamp",
		method: "Método",
		path: "Caminho",
		bodyHash: "SHA-256 do corpo",
	},
	headers: "Cabeçalhos enviados",
	response: "Resposta",
	meanings: {
		admitted: {
			title: "Aceita",
			advice: "Chave, segredo e assinatura estão corretos. A requisição conta como qualquer outra.",
		},
		body: {
			title: "Recusada: o corpo mudou depois da assinatura",
			advice:
				"Serialize o corpo uma vez, calcule o hash desses bytes e envie exatamente esses bytes. Não deixe sua biblioteca HTTP escrever o corpo de novo.",
		},
		path: {
			title: "Recusada: outro caminho foi assinado",
			advice:
				"Assine o caminho exatamente como está na linha da requisição: a partir da primeira barra, sem o host, com a consulta.",
		},
		time: {
			title: "Recusada: o timestamp está desatualizado",
			advice:
				"Acerte o relógio da máquina por NTP e assine logo antes de enviar. O timestamp pode diferir em até 30 segundos.",
		},
		method: {
			title: "Recusada: outro método foi assinado",
			advice: "Assine o método que é enviado, em letras maiúsculas.",
		},
		mismatch: {
			title: "Recusada: a assinatura não confere",
			advice:
				"Confira se a chave e o segredo são um par e se ambos estão completos. Se estiverem, calcule o hash dos bytes que são enviados.",
		},
		replay: {
			title: "Recusada: a requisição já foi recebida",
			advice: "Espere um segundo e envie de novo: ela é assinada outra vez.",
		},
		uncertain: {
			title: "Recusada: o serviço não sabe se já recebeu a requisição",
			advice: "Esta tentativa não foi processada. Envie de novo após o tempo em Retry-After: ela é assinada outra vez.",
		},
		refused: {
			title: "Recusada",
			advice: "A resposta diz por quê e o que fazer.",
		},
		failed: {
			title: "Não realizada",
			advice: "A assinatura foi aceita ou não era necessária. A resposta diz o que há de errado com a requisição.",
		},
		unanswered: {
			title: "Não houve resposta",
			advice: "Verifique sua conexão e envie a requisição de novo: ela é assinada outra vez.",
		},
	},
};
