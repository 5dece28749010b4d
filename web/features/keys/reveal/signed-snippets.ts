/** Code that signs a request, ready to paste. Each calls `whoami`, so pasting one into the wrong terminal changes nothing. Pure. */

export const SIGNED_SNIPPETS = ["node", "python", "php", "curl", "env"] as const;
export type SignedSnippetName = (typeof SIGNED_SNIPPETS)[number];

/** Names that need no translation. */
export const SIGNED_SNIPPET_TITLES: Record<SignedSnippetName, string> = {
	node: "Node",
	python: "Python",
	php: "PHP",
	curl: "curl + openssl",
	env: ".env",
};

interface Parts {
	/** The public key. */
	key: string;
	/** The secret, or its masked form. */
	secret: string;
	/** Origin of the service, such as `https://api.company.com`. */
	origin: string;
}

export function signedSnippet(name: SignedSnippetName, { key, secret, origin }: Parts): string {
	switch (name) {
		case "node":
			return `import { createHash, createHmac } from "node:crypto";

const key = "${key}";
const secret = "${secret}";
const now = String(Math.floor(Date.now() / 1000));
const bodyHash = createHash("sha256").update("").digest("hex");
const signature = [key, now, "GET", "/v1/whoami", bodyHash]
  .reduce((mac, part) => createHmac("sha256", mac).update(part).digest(), secret)
  .toString("hex");

const response = await fetch("${origin}/v1/whoami", {
  headers: { Authorization: "P2S-SIGN-V1 " + [key, now, signature].join(":") },
});
console.log(response.status, await response.json());`;
		case "python":
			return `import hashlib, hmac, time, urllib.request

key = "${key}"
secret = "${secret}"
now = str(int(time.time()))
mac = secret.encode()
for part in (key, now, "GET", "/v1/whoami", hashlib.sha256(b"").hexdigest()):
    mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()

headers = {"Authorization": f"P2S-SIGN-V1 {key}:{now}:{mac.hex()}"}
request = urllib.request.Request("${origin}/v1/whoami", headers=headers)
print(urllib.request.urlopen(request).read().decode())`;
		case "php":
			return `<?php
$key = '${key}';
$mac = '${secret}';
$now = (string) time();
foreach ([$key, $now, 'GET', '/v1/whoami', hash('sha256', '')] as $part) {
    $mac = hash_hmac('sha256', $part, $mac, true);
}
$header = "Authorization: P2S-SIGN-V1 $key:$now:" . bin2hex($mac);
echo file_get_contents('${origin}/v1/whoami', false, stream_context_create(['http' => ['header' => $header]]));`;
		case "curl":
			return `KEY=${key}
SECRET=${secret}
NOW=$(date +%s)
MAC=$(printf %s "$SECRET" | od -An -v -tx1 | tr -d ' \\n')
BODY=$(printf '' | openssl dgst -sha256 -r | cut -d' ' -f1)
for PART in "$KEY" "$NOW" GET /v1/whoami "$BODY"; do
  MAC=$(printf %s "$PART" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$MAC" -r | cut -d' ' -f1)
done
curl ${origin}/v1/whoami -H "Authorization: P2S-SIGN-V1 $KEY:$NOW:$MAC"`;
		case "env":
			return `SALESOS_URL=${origin}\nSALESOS_API_KEY=${key}\nSALESOS_API_KEY_SECRET=${secret}`;
		default:
			return name satisfies never;
	}
}
