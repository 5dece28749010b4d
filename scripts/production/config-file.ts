/** Writes the values of a deployment into an environment of wrangler.toml. Comments and everything else stay as they are. Pure. */
import type { Environment } from "./steps.ts";

export interface DeploymentValues {
	name: string;
	databaseId: string;
	/** The id of the database that keeps what integrations write. */
	productDatabaseId: string;
	issuer: string;
	publicUrl: string;
	/** Null: the jurisdiction stays as it is. */
	jurisdiction: string | null;
}

/** The text with the values in one environment. Throws if that lacks one of the lines. */
export function withValues(toml: string, environment: Environment, values: DeploymentValues): string {
	const begin = toml.indexOf(`[env.${environment}]\n`);
	if (begin < 0) throw new Error(`wrangler.toml has no [env.${environment}]. Add it and run this again.`);
	// Up to the next environment. The tables of this one begin with its name.
	const length = toml.slice(begin).search(new RegExp(`^\\[+env\\.(?!${environment}\\b)`, "m"));
	const end = length < 0 ? toml.length : begin + length;
	return toml.slice(0, begin) + withValuesIn(toml.slice(begin, end), values) + toml.slice(end);
}

function withValuesIn(
	toml: string,
	{ name, databaseId, productDatabaseId, issuer, publicUrl, jurisdiction }: DeploymentValues,
): string {
	const values: Record<string, string> = {
		name,
		JWT_ISSUER: issuer,
		PUBLIC_URL: publicUrl,
		...(jurisdiction === null ? {} : { JURISDICTION: jurisdiction }),
	};
	let text = toml;
	for (const [key, value] of Object.entries(values)) {
		const line = new RegExp(`^${key} = ".*"$`, "m");
		if (!line.test(text)) throw new Error(`wrangler.toml has no line ${key} = "…". Add it and run this again.`);
		// A function, because the value may contain `$`.
		text = text.replace(line, () => `${key} = ${JSON.stringify(value)}`);
	}
	text = withDatabase(text, "DB", name, databaseId);
	text = withDatabase(text, "PRODUCT_DB", productDatabaseName(name), productDatabaseId);
	return withRoute(text, new URL(publicUrl).hostname);
}

/** The name of the database that keeps what integrations write. */
export const productDatabaseName = (name: string) => `${name}-product`;

function withDatabase(toml: string, binding: string, name: string, id: string): string {
	const lines = new RegExp(`^binding = "${binding}"\ndatabase_name = ".*"\ndatabase_id = ".*"$`, "m");
	if (!lines.test(toml))
		throw new Error(
			`wrangler.toml has no lines binding = "${binding}", database_name and database_id in a row. Add them and run this again.`,
		);
	const values = { binding, database_name: name, database_id: id };
	const text = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
	return toml.replace(lines, () => text.join("\n"));
}

/** A custom host needs a route, and closes workers.dev. Cloudflare creates its DNS record and its certificate. */
function withRoute(toml: string, host: string): string {
	const isCustom = !host.endsWith(".workers.dev");
	const others = toml.replace(/^routes = .*\n/m, "").replace(/^workers_dev = .*$/m, `workers_dev = ${!isCustom}`);
	if (!isCustom) return others;
	return others.replace(/^name = .*\n/m, (line) => `${line}routes = [{ pattern = "${host}", custom_domain = true }]\n`);
}

/** Whether the id of a database is one that the repository ships with. */
export const isPlaceholderId = (databaseId: string): boolean => /^$|^0{8}-/.test(databaseId);
