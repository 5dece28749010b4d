/** Allow-lists of addresses: IPv4 and IPv6, single and in CIDR blocks. Pure. */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An entry, parsed once when the key is loaded. */
export type AddressRule = [network: Address, prefixBits: number];

/** Parses an allow-list. An entry that is no address matches nothing, so a damaged list closes, never opens. */
export function addressRules(entries: readonly string[]): AddressRule[] {
	return entries.flatMap((entry): AddressRule[] => {
		if (ipaddr.isValidCIDR(entry)) return [asIPv4(ipaddr.parseCIDR(entry))];
		if (!ipaddr.isValid(entry)) return [NOBODY];
		const address = ipaddr.process(entry);
		return [[address, address.kind() === "ipv4" ? 32 : 128]];
	});
}

/** A block of IPv4 addresses that is written as IPv6 (`::ffff:203.0.113.0/120`) → the same in IPv4. */
function asIPv4([network, bits]: AddressRule): AddressRule {
	if (!(network instanceof ipaddr.IPv6) || !network.isIPv4MappedAddress() || bits < IPV4_MAPPED_BITS)
		return [network, bits];
	return [network.toIPv4Address(), bits - IPV4_MAPPED_BITS];
}
const IPV4_MAPPED_BITS = 96;

/** The unspecified address: never the source of a request. */
const NOBODY: AddressRule = [ipaddr.parse("::"), 128];

/** Whether the address lies in one of the rules. IPv4 written as IPv6 (`::ffff:…`) counts as IPv4. */
export function addressAllowed(rules: readonly AddressRule[], ip: string | null): boolean {
	if (ip === null || !ipaddr.isValid(ip)) return false;
	const address = ipaddr.process(ip);
	return rules.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}
