/** Texts that put a key to use, to be pasted as they are. Pure. */

export const SNIPPETS = ["curl", "javascript", "env"] as const;
export type SnippetName = (typeof SNIPPETS)[number];

/** How each is called everywhere. */
export const SNIPPET_TITLES: Record<SnippetName, string> = { curl: "curl", javascript: "JavaScript", env: ".env" };

interface Parts {
	/** The key itself, or what stands for it on the screen. */
	key: string;
	/** Where the service is, such as `https://api.company.com`. */
	origin: string;
	/** One line on how to do better than a key in the code. */
	comment: string;
}

/** All of them only ask who the key is: whoever pastes one into the wrong window has changed nothing. */
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
