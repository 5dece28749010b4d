/**
 * Mail of `npm run dev`: nothing is sent. Miniflare writes each mail to a file, and the link in it is printed, so that a
 * person can follow it.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** The part of a Worker's configuration that mail needs. */
interface MailConfig {
	vars: Record<string, unknown>;
	send_email: { name: string }[];
}

/** Binds mail for a service at this origin. */
export const withLocalMail =
	(origin: string) =>
	(config: MailConfig): void => {
		config.send_email = [{ name: "EMAIL" }];
		Object.assign(config.vars, { MAIL_FROM: "keys@salesos.example", PUBLIC_URL: origin });
	};

/** The file of a mail, in what Miniflare logs about it. */
const TEXT_FILE = /^Text: (\S+\.txt)$/m;
const LINK = /https?:\/\/\S+#\S+/;

/** The link in the mail that the message is about. */
export function linkIn(message: string): string | undefined {
	const [, file] = TEXT_FILE.exec(message) ?? [];
	return file === undefined ? undefined : LINK.exec(readFileSync(file, "utf8"))?.[0];
}

export const printMailedLinks: Plugin = {
	name: "print-mailed-links",
	apply: "serve",
	configResolved({ logger }) {
		const info = logger.info.bind(logger);
		logger.info = (message, options) => {
			info(message, options);
			const link = linkIn(message);
			if (link !== undefined) info(`\n  Link in the mail: ${link}\n`);
		};
	},
};
