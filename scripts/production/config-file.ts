/** Writes the values of a deployment into wrangler.toml. Comments and everything else stay as they are. Pure. */

export interface DeploymentValues {
	name: string;
	databaseId: string;
	issuer: string;
	publicUrl: string;
}

/** The text with the values. Throws if wrangler.toml lacks one of the lines. */
export function withValues(toml: string, { name, databaseId, issuer, publicUrl }: DeploymentValues): string {
	const values: Record<string, string> = {
		name,
		database_name: name,
		database_id: databaseId,
		JWT_ISSUER: issuer,
		PUBLIC_URL: publicUrl,
	};
	let text = toml;
	for (const [key, value] of Object.entries(values)) {
		const line = new RegExp(`^${key} = ".*"$`, "m");
		if (!line.test(text)) throw new Error(`wrangler.toml has no line ${key} = "…". Add it and run this again.`);
		// A function, because the value may contain `$`.
		text = text.replace(line, () => `${key} = ${JSON.stringify(value)}`);
	}
	return withRoute(text, new URL(publicUrl).hostname);
}

/** A custom host needs a route. Cloudflare creates its DNS record and its certificate. */
function withRoute(toml: string, host: string): string {
	const route = /^routes = .*\n/m;
	const others = toml.replace(route, "");
	if (host.endsWith(".workers.dev")) return others;
	return others.replace(/^name = .*\n/m, (line) => `${line}routes = [{ pattern = "${host}", custom_domain = true }]\n`);
}
