/** The purposes of the demo's API keys: realistic names, with fitting settings and traffic. */
import { type Environment, SCOPES, type Scope } from "../../db/enums.ts";
import type { Random } from "./random.ts";

/** The time of day of the requests. */
export type Rhythm = "nightly" | "office" | "always" | "evening";

/** The purpose of a key. */
export interface Purpose {
	name: string;
	/** Empty: unrestricted. */
	scopes: Scope[];
	/** Requests per hour. */
	rateLimit: number;
	rhythm: Rhythm;
}

type List<T> = readonly [T, ...T[]];

interface Kind {
	/** `{place}`, `{team}` and `{partner}` are filled in. */
	names: List<string>;
	scopes: List<Scope[]>;
	rateLimits: List<number>;
	rhythms: List<Rhythm>;
}

const SYNC: Scope[] = ["default:sync"];
const READ: Scope[] = ["leads:read"];
const WRITE: Scope[] = ["leads:write"];
const LEADS: Scope[] = ["leads:read", "leads:write"];

const KINDS: List<Kind> = [
	{
		names: [
			"CRM Nightly Sync",
			"CRM Nightly Sync – {place}",
			"Sincronização noturna – {place}",
			"ERP → SalesOS, {team}",
			"Importação de colaboradores – {place}",
			"Folha de pagamento – {team}",
		],
		scopes: [SYNC, SYNC, [...SYNC, ...READ]],
		rateLimits: [1_000, 2_000, 5_000, 10_000],
		rhythms: ["nightly", "nightly", "always"],
	},
	{
		names: [
			"Website Forms – Landing {place}",
			"Formulário do site – {place}",
			"Landing page {team}",
			"Promoção de Natal – {place}",
			"Black Friday – {place}",
			"Chatbot do site",
		],
		scopes: [WRITE, WRITE, LEADS],
		rateLimits: [200, 500, 1_000],
		rhythms: ["evening", "always"],
	},
	{
		names: ["Partner {partner}", "Parceiro {partner}", "{partner} – {place}", "Integração {partner}"],
		scopes: [LEADS, WRITE, [...SYNC, ...WRITE], [...SYNC, ...LEADS]],
		rateLimits: [100, 500, 1_000, 2_000],
		rhythms: ["office", "always", "nightly"],
	},
	{
		names: [
			"Discador – {team}",
			"Phone system {place}",
			"Registro de visitas – {place}",
			"Ligações e reuniões – {team}",
			"App do vendedor – {place}",
		],
		scopes: [SYNC, SYNC, [...SYNC, ...LEADS]],
		rateLimits: [1_000, 5_000, 20_000],
		rhythms: ["office"],
	},
	{
		names: [
			"BI Export",
			"Painel da diretoria – {place}",
			"Data warehouse, {team}",
			"Relatório de conversão – {team}",
			"Weekly Report {place}",
		],
		scopes: [READ, READ, [...SYNC, ...READ]],
		rateLimits: [100, 300, 1_000],
		rhythms: ["nightly", "office"],
	},
	{
		names: ["Zap {team}", "Script de migração", "Teste da {team}", "Postman – {team}", "CI Pipeline"],
		scopes: [[], SYNC, READ, LEADS],
		rateLimits: [50, 1_000],
		rhythms: ["office", "always"],
	},
];

const PLACES: List<string> = [
	"BR",
	"São Paulo",
	"Rio de Janeiro",
	"Belo Horizonte",
	"Florianópolis",
	"Goiânia",
	"Brasília",
	"João Pessoa",
	"Maceió",
	"Belém",
	"Lisboa",
	"Porto",
	"Buenos Aires",
	"Región Norte",
	"Berlin",
	"Zürich",
];
const TEAMS: List<string> = [
	"Vendas Internas",
	"Pós-venda",
	"Pré-vendas",
	"Marketing",
	"Operações",
	"Key Accounts",
	"Televendas",
	"Expansão",
];
const PARTNERS: List<string> = [
	"Aurora Imóveis",
	"Nova Rota Logística",
	"Horizonte Seguros",
	"Café do Vale",
	"Maré Telecom",
	"Ipê Consórcios",
	"Lumen Tecidos",
	"Norte & Filhos",
	"Três Irmãos Veículos",
	"Açaí Digital",
	"Bluefield Media",
	"Oak Street Homes",
];
const REHEARSALS: List<string> = ["homologação", "staging", "sandbox", "teste"];

/** Shares of keys with arbitrary scopes, and of keys without a restriction. */
const ODD_SCOPES = 0.15;
const UNRESTRICTED = 0.01;

/** A random purpose. */
export function purpose(random: Random, environment: Environment): Purpose {
	const kind = random.pick(KINDS);
	const name = random
		.pick(kind.names)
		.replace("{place}", random.pick(PLACES))
		.replace("{team}", random.pick(TEAMS))
		.replace("{partner}", random.pick(PARTNERS));
	return {
		name: environment === "test" ? `${name} (${random.pick(REHEARSALS)})` : name,
		scopes: scopes(random, kind),
		rateLimit: random.pick(kind.rateLimits),
		rhythm: random.pick(kind.rhythms),
	};
}

function scopes(random: Random, kind: Kind): Scope[] {
	if (random.chance(UNRESTRICTED)) return [];
	const odd = random.chance(ODD_SCOPES) ? random.some(SCOPES, 0.5) : [];
	return odd.length > 0 ? odd : random.pick(kind.scopes);
}

/** One to three IP addresses that are reserved for documentation (RFC 5737, RFC 3849). */
export function addresses(random: Random): string[] {
	return Array.from({ length: random.whole(1, 3) }, () => {
		const host = random.whole(1, 254);
		return random.pick([
			`203.0.113.${host}`,
			`198.51.100.${host}`,
			`192.0.2.${host - (host % 16)}/28`,
			`2001:db8:${host.toString(16)}::/48`,
		]);
	});
}
