/** The texts of mails, in the languages of the dashboard. Plain text. */
import type { LinkPurpose } from "../db/enums.ts";
import { type Language, plainName } from "./mail.ts";

interface About {
	tenantName: string;
	url: string;
}

type Texts = Record<LinkPurpose, (about: About) => { subject: string; text: string }>;

const TEXTS: Record<Language, Texts> = {
	en: {
		invitation: ({ tenantName, url }) => ({
			subject: `You are invited to ${tenantName} on SalesOS`,
			text: `You are invited to manage API keys of ${tenantName} on SalesOS.

Open this link to choose a password. It works once, and for 7 days:

${url}

If you did not expect this invitation, ignore it.
`,
		}),
		password_reset: ({ tenantName, url }) => ({
			subject: "Set a new SalesOS password",
			text: `Open this link to set a new password for your account at ${tenantName} on SalesOS. It works once, and for one hour:

${url}

If you did not ask for this, ignore it: your password stays as it is.
`,
		}),
	},
	"pt-BR": {
		invitation: ({ tenantName, url }) => ({
			subject: `Convite para ${tenantName} no SalesOS`,
			text: `Você foi convidado para gerenciar chaves de API de ${tenantName} no SalesOS.

Abra este link para escolher uma senha. Ele funciona uma única vez, por 7 dias:

${url}

Se você não esperava este convite, ignore-o.
`,
		}),
		password_reset: ({ tenantName, url }) => ({
			subject: "Defina uma nova senha do SalesOS",
			text: `Abra este link para definir uma nova senha da sua conta em ${tenantName} no SalesOS. Ele funciona uma única vez, por uma hora:

${url}

Se você não pediu isto, ignore: sua senha continua a mesma.
`,
		}),
	},
};

/** The mail with a link. */
export const linkMail = (language: Language, purpose: LinkPurpose, { tenantName, url }: About) =>
	TEXTS[language][purpose]({ tenantName: plainName(tenantName), url });
