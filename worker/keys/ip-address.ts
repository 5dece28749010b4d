/** Reads IP addresses as proxies and servers write them. The only place that parses the IP address of a caller. Pure. */
import ipaddr from "ipaddr.js";

/** The longest IPv6 address with a zone, brackets, quotes and a port is shorter. */
const LENGTH_MAX = 100;

/**
 * The IP address in canonical form, or null if the text doesn't contain exactly one. Accepts a port, brackets, quotes
 * (RFC 7239) and an IPv6 zone, and drops them. IPv4 written as IPv6 (`::ffff:…`) becomes IPv4.
 *
 * A list such as `203.0.113.7, 10.0.0.1` is null: its first entry is what the client claims to be, and only the operator
 * of the proxy knows which entry can be trusted. Null counts as an unknown caller, which no allow-list admits.
 */
export function readIpAddress(text: string | null | undefined): string | null {
	if (!text || text.length > LENGTH_MAX) return null;
	const bare = withoutPort(text.trim().replace(/^"(.*)"$/, "$1"));
	if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return bare;
	const [address = "", zone] = bare.split("%");
	if (zone === "" || !ipaddr.IPv6.isValid(address)) return null;
	return ipaddr.process(address).toString();
}

/** `[2001:db8::7]:443` → `2001:db8::7`; `203.0.113.7:51234` → `203.0.113.7`. Other text stays as it is. */
function withoutPort(text: string): string {
	const [, inBrackets] = /^\[([^[\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
	if (inBrackets !== undefined) return inBrackets.includes(":") ? inBrackets : "";
	const [, beforePort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
	return beforePort ?? text;
}

/** The network of an IP address: providers give each customer at least a /64 of IPv6, so its addresses count as one. */
export function networkOf(ip: string | null): string {
	if (ip === null || !ipaddr.isValid(ip)) return "unknown";
	const address = ipaddr.process(ip);
	return address instanceof ipaddr.IPv6
		? `${address.parts
				.slice(0, 4)
				.map((part) => part.toString(16))
				.join(":")}::/64`
		: address.toString();
}
