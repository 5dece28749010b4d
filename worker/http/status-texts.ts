/** The texts of `/status`, in the languages of the dashboard. */
interface StatusTexts {
	title: string;
	intro: string;
	none: string;
	stopped: string;
	lateAdmissions: string;
	limitError: string;
	admission: string;
	refusedAfter: string;
	measured: string;
	missing: string;
	byDay: string;
	columns: [day: string, late: string, limitError: string, p50: string, p99: string, missing: string];
	ms: (value: string) => string;
	json: string;
}

export const STATUS_TEXTS = {
	en: {
		title: "Status of SalesOS API Keys",
		intro:
			"Every minute, a canary makes keys of its own over the public URL of the service, uses one up to its limit, and revokes the other. These are its measurements of the last 30 days.",
		none: "There are no measurements yet.",
		stopped: "The service was not measured in the last five minutes.",
		lateAdmissions: "Admissions after a revocation",
		limitError: "Admissions above or below a limit",
		admission: "Time of an admission (median / 99th percentile)",
		refusedAfter: "From a revocation to the first refusal (median / 99th percentile)",
		measured: "Minutes measured",
		missing: "Minutes without a measurement",
		byDay: "By day (UTC)",
		columns: ["Day", "After a revocation", "Off the limit", "Median", "99th percentile", "Not measured"],
		ms: (value) => `${value} ms`,
		json: 'The same as JSON: <a href="/v1/status">/v1/status</a>',
	},
	"pt-BR": {
		title: "Status do SalesOS API Keys",
		intro:
			"A cada minuto, um canário cria chaves próprias pela URL pública do serviço, usa uma até o limite e revoga a outra. Estas são as medições dos últimos 30 dias.",
		none: "Ainda não há medições.",
		stopped: "O serviço não foi medido nos últimos cinco minutos.",
		lateAdmissions: "Requisições aceitas após uma revogação",
		limitError: "Requisições aceitas acima ou abaixo de um limite",
		admission: "Tempo de uma requisição aceita (mediana / percentil 99)",
		refusedAfter: "Da revogação à primeira recusa (mediana / percentil 99)",
		measured: "Minutos medidos",
		missing: "Minutos sem medição",
		byDay: "Por dia (UTC)",
		columns: ["Dia", "Após revogação", "Fora do limite", "Mediana", "Percentil 99", "Sem medição"],
		ms: (value) => `${value} ms`,
		json: 'O mesmo em JSON: <a href="/v1/status">/v1/status</a>',
	},
} satisfies Record<string, StatusTexts>;
