/** IP allow-lists: IPv4 and IPv6, single addresses and CIDR blocks. Pure. */
import ipaddr from "ipaddr.js";

type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** One entry of an allow-list, parsed once when the gate loads its key. */
export type IpRule = [network: IpAddress, prefixBits: number];

/** Parses an allow-list. An invalid entry matches no caller, so a damaged list refuses more, never less. */
export function parseIpRules(entries: readonly string[]): IpRule[] {
	return entries.flatMap((entry): IpRule[] => {
		if (ipaddr.isValidCIDR(entry)) return [asIPv4(ipaddr.parseCIDR(entry))];
		if (!ipaddr.isValid(entry)) return [MATCHES_NO_CALLER];
		const address = ipaddr.process(entry);
		return [[address, address.kind() === "ipv4" ? 32 : 128]];
	});
}

/** An IPv4 block written as IPv6 (`::ffff:203.0.113.0/120`) → the same block in IPv4. */
function asIPv4([network, bits]: IpRule): IpRule {
	if (!(network instanceof ipaddr.IPv6) || !network.isIPv4MappedAddress() || bits < IPV4_MAPPED_BITS)
		return [network, bits];
	return [network.toIPv4Address(), bits - IPV4_MAPPED_BITS];
}
const IPV4_MAPPED_BITS = 96;

/** The unspecified IP address, which no request comes from. */
const MATCHES_NO_CALLER: IpRule = [ipaddr.parse("::"), 128];

/** Whether one of the rules contains the IP address. IPv4 written as IPv6 (`::ffff:…`) counts as IPv4. */
export function isIpAllowed(rules: readonly IpRule[], ip: string | null): boolean {
	if (ip === null || !ipaddr.isValid(ip)) return false;
	const address = ipaddr.process(ip);
	return rules.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}
