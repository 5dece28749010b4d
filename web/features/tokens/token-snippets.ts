/** Code that uses a management token, ready to paste. Pure. */

export const TOKEN_SNIPPETS = ["env", "curl", "cli"] as const;
export type TokenSnippetName = (typeof TOKEN_SNIPPETS)[number];

/** Names that need no translation. */
export const TOKEN_SNIPPET_TITLES: Record<TokenSnippetName, string> = {
	env: "Shell",
	curl: "curl",
	cli: "salesos-keys",
};

/** `token` may be masked. The service at `origin` is only asked for a list. */
export function tokenSnippet(name: TokenSnippetName, { token, origin }: { token: string; origin: string }): string {
	const variables = `export SALESOS_URL=${origin}\nexport SALESOS_TOKEN=${token}`;
	switch (name) {
		case "env":
			return variables;
		case "curl":
			return `curl ${origin}/v1/api-keys \\\n  -H "Authorization: Bearer ${token}"`;
		case "cli":
			return `${variables}\nnpx salesos-keys list`;
		default:
			return name satisfies never;
	}
}
