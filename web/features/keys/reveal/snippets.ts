/** Code that uses a key, ready to paste. Pure. */

export const SNIPPETS = ["curl", "javascript", "env"] as const;
export type SnippetName = (typeof SNIPPETS)[number];

/** Names that need no translation. */
export const SNIPPET_TITLES: Record<SnippetName, string> = { curl: "curl", javascript: "JavaScript", env: ".env" };

interface Parts {
	/** The key itself, or its masked form. */
	key: string;
	/** Origin of the service, such as `https://api.company.com`. */
	origin: string;
	/** A comment against keeping the key in the code. */
	comment: string;
}

/** Every snippet only calls `whoami`, so pasting one into the wrong terminal changes nothing. */
export function snippet(name: SnippetName, { key, origin, comment }: Parts): string {
	switch (name) {
		case "curl":
			return `curl ${origin}/v1/whoami \\\n  -H "Authorization: Bearer ${key}"`;
		case "javascript":
			return [
				`// ${comment}`,
				`const apiKey = "${key}";`,
				"",
				`const response = await fetch("${origin}/v1/whoami", {`,
				// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own template
				"  headers: { Authorization: `Bearer ${apiKey}` },",
				"});",
				"console.log(response.status, await response.json());",
			].join("\n");
		case "env":
			return `SALESOS_URL=${origin}\nSALESOS_API_KEY=${key}`;
		default:
			return name satisfies never;
	}
}
