/** How links for people get to them: by mail through Cloudflare's `send_email` binding, where it is bound. */
import type { Bindings, Config } from "./env.ts";
import { dashboardOrigin } from "./http/dashboard-page.ts";

/** The languages of mails. */
export type Language = "en" | "pt-BR";

interface Message {
	to: string;
	subject: string;
	/** Plain text, so that no markup can be injected and no link can show one URL and open another. */
	text: string;
}

export interface Mailer {
	/** Hands the mail over to the platform. Rejects if the platform does not take it. */
	send(message: Message): Promise<void>;
}

const SENDER_NAME = "SalesOS";

/** Null if no mail is configured: the binding `EMAIL` and the variables `MAIL_FROM` and `PUBLIC_URL`. */
function mailerOf({ EMAIL }: Pick<Bindings, "EMAIL">, { mailFrom }: Pick<Config, "mailFrom">): Mailer | null {
	if (EMAIL === undefined || mailFrom === null) return null;
	return {
		async send({ to, subject, text }) {
			// The platform encodes the headers. The schemas exclude line breaks, with which a header could be added.
			await EMAIL.send({ from: { email: mailFrom, name: SENDER_NAME }, to, subject, text });
		},
	};
}

/** The language of a mail: that of the browser of the person who causes it. */
function languageOf({ headers }: Pick<Request, "headers">): Language {
	const [first = ""] = (headers.get("accept-language") ?? "").split(",");
	return /^\s*pt\b/i.test(first) ? "pt-BR" : "en";
}

const SHOWN_MAX = 60;

/**
 * Text that a person has chosen, such as the name of a company, as it may stand in a mail. Mail programs turn anything
 * like a URL into a link, so only letters, digits and a few signs stay: an attacker could otherwise have us mail their link.
 */
export function plainName(text: string): string {
	const plain = text.replace(/[^\p{L}\p{M}\p{N} '’&,()-]+/gu, " ").replace(/\s+/g, " ");
	return Array.from(plain.trim()).slice(0, SHOWN_MAX).join("").trim() || "–";
}

/** How the links of a request get to people. */
export interface LinkDelivery {
	/** Origin of the dashboard that links lead to. */
	origin: string;
	/** Language of the person who makes the link. */
	language: Language;
	/** Null: no mail is configured. */
	mailer: Mailer | null;
	/** Bounds the links of a tenant, and so mails to strangers, and guesses at which emails have an account. */
	limiter: RateLimit;
}

export const linkDelivery = (request: Request, env: Bindings, config: Config): LinkDelivery => ({
	origin: dashboardOrigin(request, config),
	language: languageOf(request),
	mailer: mailerOf(env, config),
	limiter: env.LINK_LIMITER,
});
