/**
 * Examples in curl and JavaScript for each operation (`x-codeSamples`, which viewers of OpenAPI documents show next to it).
 * They are generated from the operation's description.
 */
import type { Document, Operation } from "./document.ts";

interface Call {
	method: string;
	url: string;
	/** Environment variable with the credential; null if the operation needs none. */
	credential: string | null;
	body: unknown;
}

/** Adds samples to each operation, for the service at `origin`. */
export function withCodeSamples(document: Document, origin: string): Document {
	const paths = Object.entries(document.paths).map(([path, item]) => {
		const operations = Object.entries(item).map(([method, operation]) => {
			const call = callOf(method, origin + path, operation);
			const samples = [
				{ lang: "Shell", label: "curl", source: curl(call) },
				{ lang: "JavaScript", label: "JavaScript", source: javascript(call) },
			];
			return [method, { ...operation, "x-codeSamples": samples }];
		});
		return [path, Object.fromEntries(operations)];
	});
	return { ...document, paths: Object.fromEntries(paths) };
}

function callOf(method: string, template: string, { parameters = [], security = [], requestBody }: Operation): Call {
	const url = parameters
		.filter((parameter) => parameter.in === "path")
		.reduce((url, { name, example }) => url.replace(`{${name}}`, String(example ?? name)), template);
	const [scheme] = security.flatMap((choice) => Object.keys(choice));
	return {
		method: method.toUpperCase(),
		url,
		credential: scheme === undefined ? null : scheme.startsWith("apiKey") ? "SALESOS_API_KEY" : "SALESOS_TOKEN",
		body: requestBody?.content["application/json"]?.example,
	};
}

function curl({ method, url, credential, body }: Call): string {
	const lines = [
		`curl ${method === "GET" ? "" : `-X ${method} `}'${url}'`,
		...(credential === null ? [] : [`-H "Authorization: Bearer $${credential}"`]),
		...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body)}'`]),
	];
	return lines.join(" \\\n  ");
}

function javascript({ method, url, credential, body }: Call): string {
	const headers = [
		...(credential === null ? [] : [`Authorization: \`Bearer \${process.env.${credential}}\``]),
		...(body === undefined ? [] : [`"Content-Type": "application/json"`]),
	];
	const options = [
		...(method === "GET" ? [] : [`  method: "${method}",`]),
		...(headers.length === 0 ? [] : [`  headers: {`, ...headers.map((header) => `    ${header},`), `  },`]),
		...(body === undefined
			? []
			: [`  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll("\n", "\n  ")}),`]),
	];
	const init = options.length === 0 ? "" : `, {\n${options.join("\n")}\n}`;
	const outcome =
		method === "DELETE"
			? `if (response.status !== 204) throw new Error(await response.text());`
			: `const { data, error } = await response.json();\nif (error) throw new Error(error.message);\nconsole.log(data);`;
	return `const response = await fetch("${url}"${init});\n${outcome}`;
}
