/** `/status` as a page: plain HTML without scripts, in the language of the browser. */

import type { PublicStatus } from "../schemas/status.ts";
import { STATUS_TEXTS } from "./status-texts.ts";

export type StatusLanguage = keyof typeof STATUS_TEXTS;

/** The first language that the browser prefers and the page has; English without one. */
export function statusLanguage({ headers }: Request): StatusLanguage {
	const wanted = (headers.get("accept-language") ?? "").toLowerCase().split(",");
	const found = wanted.map((range) => range.trim().slice(0, 2)).find((code) => code === "pt" || code === "en");
	return found === "pt" ? "pt-BR" : "en";
}

/** The page. Every value is a number or a date of the service's own, so nothing has to be escaped. */
export function statusPage(status: PublicStatus, language: StatusLanguage): string {
	const words = STATUS_TEXTS[language];
	const number = new Intl.NumberFormat(language);
	const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
	const ms = (value: number | undefined) => (value === undefined ? "–" : words.ms(number.format(value)));
	const facts: [string, string][] = [
		[words.lateAdmissions, number.format(status.late_admissions)],
		[words.limitError, number.format(status.limit_error)],
		[words.admission, `${ms(status.admission_ms?.p50)} / ${ms(status.admission_ms?.p99)}`],
		[words.refusedAfter, `${ms(status.refused_after_ms?.p50)} / ${ms(status.refused_after_ms?.p99)}`],
		[words.measured, number.format(status.measured_minutes)],
		[words.missing, number.format(status.missing_minutes)],
	];
	const rows = status.days.map((day) => [
		date.format(new Date(day.date)),
		number.format(day.late_admissions),
		number.format(day.limit_error),
		ms(day.admission_ms?.p50),
		ms(day.admission_ms?.p99),
		number.format(day.missing_minutes),
	]);
	const table = `<h2 id="days">${words.byDay}</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="days"><table>
<thead><tr>${words.columns.map((column) => `<th scope="col">${column}</th>`).join("")}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}</tbody>
</table></div>`;
	const body =
		status.since === null
			? `<p>${words.none}</p>`
			: `${status.measuring ? "" : `<p role="alert"><strong>${words.stopped}</strong></p>\n`}<dl>${facts.map(([term, value]) => `<div><dt>${term}</dt><dd>${value}</dd></div>`).join("\n")}</dl>\n${table}`;
	return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${words.title}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/status.css">
</head>
<body>
<main>
<h1>${words.title}</h1>
<p>${words.intro}</p>
${body}
<p class="small">${words.json}</p>
</main>
</body>
</html>
`;
}

/** The headers of a page that loads only its style sheet and its icon. */
export const STATUS_HEADERS = {
	"Content-Type": "text/html; charset=utf-8",
	"Content-Security-Policy":
		"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cache-Control": "public, max-age=60",
	Vary: "Accept, Accept-Language",
} as const;
