/** The IP address of a caller, in every form in which proxies and servers write it. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { readIpAddress } from "../../../worker/keys/ip-address.ts";

it.each([
	["203.0.113.7", "203.0.113.7"],
	[" 203.0.113.7\t", "203.0.113.7"],
	["203.0.113.7:51234", "203.0.113.7"],
	["::ffff:203.0.113.7", "203.0.113.7"],
	["[::ffff:203.0.113.7]:443", "203.0.113.7"],
	["2001:db8::7", "2001:db8::7"],
	["2001:DB8:0:0:0:0:0:7", "2001:db8::7"],
	["[2001:db8::7]", "2001:db8::7"],
	["[2001:db8::7]:443", "2001:db8::7"],
	['"[2001:db8::7]:443"', "2001:db8::7"],
	["fe80::1%eth0", "fe80::1"],
	["[fe80::1%eth0]:8080", "fe80::1"],
	["::1", "::1"],
])("%s is read as %s", (text, address) => {
	expect(readIpAddress(text)).toBe(address);
});

it.each([
	"",
	" ",
	"unknown",
	"_hidden",
	"203.0.113.7, 10.0.0.1",
	"203.0.113.7,10.0.0.1",
	"203.0.113.7 10.0.0.1",
	"203.0.113.256",
	"203.0.113",
	"0x7f.0.0.1",
	"2130706433",
	"1",
	"203.0.113.7:port",
	"203.0.113.7:123456",
	"[203.0.113.7]",
	"[2001:db8::7",
	"2001:db8::7]:443",
	"[]:443",
	"fe80::1%",
	"203.0.113.0/24",
	"example.com",
	"localhost:8080",
	"x".repeat(10_000),
])("%s is an unknown caller", (text) => {
	expect(readIpAddress(text)).toBeNull();
});

it("an absent IP address is an unknown caller", () => {
	expect([readIpAddress(null), readIpAddress(undefined)]).toEqual([null, null]);
});

it("any IP address is read with and without a port, and reading it again changes nothing", () => {
	fc.assert(
		fc.property(fc.ipV4(), fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (v4, v6, port) => {
			expect(readIpAddress(`${v4}:${port}`)).toBe(v4);
			const canonical = readIpAddress(v6);
			expect(canonical).not.toBeNull();
			expect(readIpAddress(canonical)).toBe(canonical);
			expect(readIpAddress(`[${v6}]:${port}`)).toBe(canonical);
		}),
	);
});

it("no text makes it throw", () => {
	fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void readIpAddress(text)));
});
