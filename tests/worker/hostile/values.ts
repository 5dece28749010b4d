/** Values that attackers and broken programs send. */
import fc from "fast-check";

/** Placeholders for existing values, which `Pools` fills in when the request is sent. */
export const POOLED = {
	id: "@@id@@",
	lead: "@@lead@@",
	job: "@@job@@",
	member: "@@member@@",
	link: "@@link@@",
	token: "@@token@@",
	key: "@@key@@",
	cursor: "@@cursor@@",
	tenant: "@@tenant@@",
	/** A tenant whose state may be changed, and its slug. */
	spareTenant: "@@spareTenant@@",
	slug: "@@slug@@",
	email: "@@email@@",
	address: "@@address@@",
	session: "@@session@@",
};

export const PROTOTYPE_NAMES = [
	"__proto__",
	"constructor",
	"prototype",
	"toString",
	"valueOf",
	"hasOwnProperty",
	"then",
];

/** Arbitrary UTF-16 code units: lone surrogates, noncharacters, controls. */
const anyUnits = fc
	.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
	.map((units) => String.fromCharCode(...units));

const repeated = fc
	.tuple(
		fc.constantFrom("a", "é", "e\u0301", "\u0301", "ﷺ", "𝒳", "👩‍👩‍👧‍👦", "\ud83d", "\u0000", " ", "\u202e", "İ", "ß"),
		fc.constantFrom(1, 49, 50, 51, 64, 65, 99, 100, 101, 199, 200, 201, 254, 255, 1_024, 1_025, 20_000),
	)
	.map(([text, times]) => text.repeat(times));

const TEXTS = [
	...PROTOTYPE_NAMES,
	"",
	" ",
	"\u0000",
	"a\u0000b",
	"\ud800",
	"x\udc00",
	"\ufeff",
	"\u2028\u2029",
	"\r\nX-Injected: 1",
	"%0d%0aSet-Cookie:%20a=b",
	"%00",
	"%",
	"%E0%A4%A",
	"' or 1=1 --",
	`"); drop table api_keys; --`,
	"%' escape '\\",
	"*",
	"[a-z]",
	"<img src=x onerror=alert(1)>",
	"</script><script>alert(1)</script>",
	"javascript:alert(1)",
	`=HYPERLINK("http://evil.example")`,
	"+1",
	"-1",
	"@SUM(1)",
	"\t=1",
	"../../../../etc/passwd",
	"{{7*7}}<%= 7*7 %>",
	"NaN",
	"Infinity",
	"1e309",
	"-0",
	"0x10",
	"1_000",
	"١٢٣",
	"null",
	"undefined",
	"true",
	"[object Object]",
	"a@b",
	`"very odd"@example.com`,
	"a@xn--nxasmq6b.example",
	`${"k".repeat(64)}@${"m".repeat(63)}.example`,
	"0000-01-01T00:00:00Z",
	"1969-12-31T23:59:59.999Z",
	"9999-12-31T23:59:59.999Z",
	"9999-12-31T23:59:59.999-23:59",
	"+275760-09-13T00:00:00.000Z",
	"2026-02-30T00:00:00Z",
	"2016-12-31T23:59:60Z",
	"2026-01-01T00:00:00.000000000000000001Z",
	"2026-01-01",
	"::ffff:203.0.113.7",
	"0.0.0.0/0",
	"::/0",
	"203.0.113.7/33",
	"fe80::1%eth0",
	"010.0.0.1",
	"ten_00000000000000000000",
	"sk_live_",
	`sk_live_${"0".repeat(48)}`,
	`sk_live_${"0".repeat(32)}`,
	Buffer.from(JSON.stringify(["-created_at", 1e308, "x"])).toString("base64url"),
	Buffer.from(JSON.stringify(["-created_at", { $ne: 1 }, "x"])).toString("base64url"),
	Buffer.from(JSON.stringify(["name", "\ud800", "x".repeat(64)])).toString("base64url"),
	Buffer.from(JSON.stringify(["audit", null, ""])).toString("base64url"),
	Buffer.from(JSON.stringify(["leads", -1, "\u0000"])).toString("base64url"),
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
	{ weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
	{ weight: 2, arbitrary: anyUnits },
	{ weight: 2, arbitrary: repeated },
	{ weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
	{ weight: 2, arbitrary: fc.constantFrom(...Object.values(POOLED)) },
);

const hostileNumber = fc.oneof(
	fc.constantFrom(0, -0, -1, 1, 0.5, 1e-7, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 1e21, 1e308, -1e308, 5e-324),
	fc.double(),
);

/** Lists in objects in lists, nested to this depth. */
function nested(depth: number): unknown {
	let value: unknown = 1;
	for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
	return value;
}

const prototypes = fc.constantFrom(...PROTOTYPE_NAMES).map((name) => JSON.parse(`{"${name}": {"polluted": true}}`));

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 6, arbitrary: hostileText },
	{ weight: 3, arbitrary: hostileNumber },
	{ weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], { length: 1e9 }) },
	{ weight: 1, arbitrary: fc.constantFrom(5, 11, 12, 100, 1_000).map(nested) },
	{ weight: 1, arbitrary: fc.constantFrom(7, 51, 501, 5_000).map((many) => Array(many).fill("leads:read")) },
	{ weight: 1, arbitrary: fc.array(hostileText, { maxLength: 60 }) },
	{ weight: 1, arbitrary: prototypes },
	{ weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }) },
	{ weight: 1, arbitrary: fc.dictionary(hostileText, hostileText, { maxKeys: 4 }) },
);

/** Bodies that no JSON serializer makes: broken, duplicated, too large, in another encoding. */
export const hostileBody: fc.Arbitrary<string | Uint8Array> = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.constantFrom<string | Uint8Array>(
			"",
			" ",
			"{",
			"{}{}",
			"nul",
			"'single'",
			"{name: 1}",
			`{"name":"a",}`,
			`{"name":"a","name":"b","id":"@@id@@","id":"x"}`,
			`{"__proto__":{"name":"a"},"id":"@@id@@"}`,
			`{"constructor":{"prototype":{"isAdmin":true}}}`,
			`{"rate_limit":1e999,"name":"a"}`,
			`{"rate_limit":-0,"name":"a"}`,
			`{"name":"\u0000"}`,
			`\ufeff{"name":"a"}`,
			`{"name":"\\ud800"}`,
			`{"name":"\\u0000"}`,
			`{"a":${"[".repeat(100_000)}`,
			`${"[".repeat(50_000)}${"]".repeat(50_000)}`,
			`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
			`[${"0,".repeat(100_000)}0]`,
			`{${Array.from({ length: 20_000 }, (_, index) => `"f${index}":0`).join()}}`,
			`{"0":{"name":"a"},"1":{"name":"b"}}`,
			"9".repeat(100_000),
			// Invalid UTF-8, UTF-16 of both byte orders, broken gzip.
			new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
			new Uint8Array([0xfe, 0xff, 0x00, 0x7b, 0x00, 0x7d]),
			new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
			new Uint8Array([0xf5, 0x80, 0x80, 0x80]),
			new Uint8Array([0x1f, 0x8b, 0x08, 0x00]),
		),
	},
	{ weight: 4, arbitrary: fc.json({ stringUnit: "binary" }) },
	{ weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }) },
	// Slightly above and below the size limit of a body.
	{ weight: 1, arbitrary: fc.constantFrom(1_048_570, 1_048_590).map((size) => `{"name":"${"x".repeat(size - 11)}"}`) },
);

export const CONTENT_TYPES = [
	"",
	"application/json; charset=utf-16",
	"application/json;charset=utf-8;boundary=x",
	"APPLICATION/JSON",
	"application/jsonp",
	"application/merge-patch+json",
	"application/x-www-form-urlencoded",
	"multipart/form-data",
	"multipart/form-data; boundary=",
	"text/plain",
	"text/html",
	"application/octet-stream",
	"*/*",
	"json",
	";",
	`application/json; ${"x".repeat(5_000)}`,
];

/** Header values that `fetch` accepts. tests/e2e/malformed-requests.test.ts sends the others over a socket. */
export const headerValue: fc.Arbitrary<string> = fc.oneof(
	fc.constantFrom("", ",", ", ,", "null", "*", "=", ";;;", `"`, "a".repeat(8_000), ...PROTOTYPE_NAMES),
	fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
	fc.constantFrom(...Object.values(POOLED)),
);

export const ODD_HEADERS = [
	"accept",
	"accept-encoding",
	"authorization",
	"cf-connecting-ip",
	"content-encoding",
	"content-length",
	"cookie",
	"forwarded",
	"host",
	"idempotency-key",
	"if-none-match",
	"last-event-id",
	"origin",
	"range",
	"transfer-encoding",
	"trpc-accept",
	"user-agent",
	"x-api-key",
	"x-forwarded-for",
	"x-http-method-override",
	"x-original-url",
	"x-tenant-id",
];
