/** Code that makes one call with a key, which it reads from the environment. Pure. */
import type { Call } from "../../integration-calls.ts";

export const LANGUAGES = ["curl", "javascript", "python", "php"] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

/** Names that need no translation. */
export const LANGUAGE_TITLES: Record<SnippetLanguage, string> = {
	curl: "curl",
	javascript: "JavaScript",
	python: "Python",
	php: "PHP",
};

interface Parts {
	call: Call;
	/** Origin of the service, such as `https://api.company.com`. */
	origin: string;
	/** Whether the key signs its requests. */
	signed: boolean;
}

/** The code. Every body is JSON without quotes or backslashes in its texts, so it is a literal of each language. */
export function callSnippet(language: SnippetLanguage, parts: Parts): string {
	switch (language) {
		case "curl":
			return curl(parts);
		case "javascript":
			return javascript(parts);
		case "python":
			return python(parts);
		case "php":
			return php(parts);
		default:
			return language satisfies never;
	}
}

const lines = (...parts: (string | null)[]): string => parts.filter((part) => part !== null).join("\n");
const jsonOf = ({ body }: Call): string => (body === null ? "" : JSON.stringify(body));
/** Code that sends no body and no other method than the default one is shorter. */
const isPlainGet = ({ method, body }: Call) => method === "GET" && body === null;

function curl({ call, origin, signed }: Parts): string {
	const { method, path, body } = call;
	const request = [
		`curl ${isPlainGet(call) ? "" : `-X ${method} `}'${origin}${path}'`,
		signed
			? '-H "Authorization: P2S-SIGN-V1 $SALESOS_API_KEY:$NOW:$MAC"'
			: '-H "Authorization: Bearer $SALESOS_API_KEY"',
		...(body === null ? [] : ["-H 'Content-Type: application/json'", signed ? '-d "$BODY"' : `-d '${jsonOf(call)}'`]),
	].join(" \\\n  ");
	if (!signed) return request;
	return lines(
		`BODY='${jsonOf(call)}'`,
		"NOW=$(date +%s)",
		`MAC=$(printf %s "$SALESOS_API_KEY_SECRET" | od -An -v -tx1 | tr -d ' \\n')`,
		`HASH=$(printf %s "$BODY" | openssl dgst -sha256 -r | cut -d' ' -f1)`,
		`for PART in "$SALESOS_API_KEY" "$NOW" ${method} ${path} "$HASH"; do`,
		`  MAC=$(printf %s "$PART" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$MAC" -r | cut -d' ' -f1)`,
		"done",
		request,
	);
}

function javascript({ call, origin, signed }: Parts): string {
	const { method, path, body } = call;
	const signing = [
		'import { createHash, createHmac } from "node:crypto";',
		"",
		"const { SALESOS_API_KEY: key, SALESOS_API_KEY_SECRET: secret } = process.env;",
		`const body = ${body === null ? '""' : `JSON.stringify(${jsonOf(call)})`};`,
		"const now = String(Math.floor(Date.now() / 1000));",
		'const bodyHash = createHash("sha256").update(body).digest("hex");',
		`const signature = [key, now, "${method}", "${path}", bodyHash]`,
		'  .reduce((mac, part) => createHmac("sha256", mac).update(part).digest(), secret)',
		'  .toString("hex");',
		"",
	];
	const authorization = signed
		? '"P2S-SIGN-V1 " + [key, now, signature].join(":")'
		: // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own template
			"`Bearer ${process.env.SALESOS_API_KEY}`";
	return lines(
		...(signed ? signing : []),
		`const response = await fetch("${origin}${path}", {`,
		isPlainGet(call) ? null : `  method: "${method}",`,
		"  headers: {",
		`    Authorization: ${authorization},`,
		body === null ? null : '    "Content-Type": "application/json",',
		"  },",
		body === null ? null : signed ? "  body," : `  body: JSON.stringify(${jsonOf(call)}),`,
		"});",
		"console.log(response.status, await response.text());",
	);
}

function python({ call, origin, signed }: Parts): string {
	const { method, path, body } = call;
	const signing = [
		'key = os.environ["SALESOS_API_KEY"]',
		"now = str(int(time.time()))",
		'mac = os.environ["SALESOS_API_KEY_SECRET"].encode()',
		`for part in (key, now, "${method}", "${path}", hashlib.sha256(body).hexdigest()):`,
		"    mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()",
		"",
	];
	const modules = [
		...(signed ? ["hashlib", "hmac"] : []),
		...(body === null ? [] : ["json"]),
		"os",
		...(signed ? ["time"] : []),
		"urllib.request",
	];
	const authorization = signed ? 'f"P2S-SIGN-V1 {key}:{now}:{mac.hex()}"' : '"Bearer " + os.environ["SALESOS_API_KEY"]';
	const bodyLine = body === null ? (signed ? 'body = b""' : null) : `body = json.dumps(${jsonOf(call)}).encode()`;
	return lines(
		`import ${modules.join(", ")}`,
		"",
		bodyLine,
		...(signed ? signing : []),
		"request = urllib.request.Request(",
		`    "${origin}${path}",`,
		`    method="${method}",`,
		`    headers={"Authorization": ${authorization}${body === null ? "" : ', "Content-Type": "application/json"'}},`,
		body === null ? null : "    data=body,",
		")",
		"print(urllib.request.urlopen(request).read().decode())",
	);
}

function php({ call, origin, signed }: Parts): string {
	const { method, path, body } = call;
	const signing = [
		"$key = getenv('SALESOS_API_KEY');",
		"$mac = getenv('SALESOS_API_KEY_SECRET');",
		"$now = (string) time();",
		`foreach ([$key, $now, '${method}', '${path}', hash('sha256', $body)] as $part) {`,
		"    $mac = hash_hmac('sha256', $part, $mac, true);",
		"}",
		'$authorization = "P2S-SIGN-V1 $key:$now:" . bin2hex($mac);',
	];
	return lines(
		"<?php",
		signed || body !== null ? `$body = '${jsonOf(call)}';` : null,
		...(signed ? signing : ["$authorization = 'Bearer ' . getenv('SALESOS_API_KEY');"]),
		"$options = [",
		`    'method' => '${method}',`,
		`    'header' => ["Authorization: $authorization"${body === null ? "" : ", 'Content-Type: application/json'"}],`,
		body === null ? null : "    'content' => $body,",
		"];",
		`echo file_get_contents('${origin}${path}', false, stream_context_create(['http' => $options]));`,
	);
}

/** The calls that a key with these scopes may make, first the ones that need a scope. */
export function callsOf(calls: readonly Call[], scopes: readonly string[]): Call[] {
	const allowed = calls.filter(({ scope }) => scope === null || scopes.length === 0 || scopes.includes(scope));
	return allowed.sort((a, b) => Number(a.scope === null) - Number(b.scope === null));
}
