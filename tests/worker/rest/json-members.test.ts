/** Members are cut out of JSON in the text that was sent. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberTexts } from "../../../worker/services/json-members.ts";

const members = (json: string) => memberTexts(json, "items", "data");
const texts = (json: string) => members(json).map((member) => member?.text);

describe("the text of a member", () => {
	it.each([
		['{"items":[{"data":{"b":1,"a":2}}]}', ['{"b":1,"a":2}']],
		['{"items":[{"data":{"10":1,"2":1e20}},{"x":1},{"data":null}]}', ['{"10":1,"2":1e20}', undefined, "null"]],
		[' { "items" : [ { "data" : [ 1 , 2 ] , "x" : "}" } ] } ', ["[ 1 , 2 ]"]],
		['{"items":[{"x":{"data":1},"data":2}]}', ["2"]],
		['{"items":[{"data":1,"data":2}]}', ["2"]],
		['{"items":[{"d\\u0061ta":"\\"]}"}]}', ['"\\"]}"']],
		['{"items":[1,"data",null,[{"data":1}],{}]}', [undefined, undefined, undefined, undefined, undefined]],
		['{"items":[]}', []],
		['{"other":[{"data":1}]}', []],
		['{"items":[{"data":1}],"items":[{"data":2}]}', ["2"]],
		["[]", []],
	])("in %s", (json, expected) => {
		expect(texts(json)).toEqual(expected);
	});

	it.each([
		['{ "a" : [ 1 , { } ] , "a" : " [ { " }', 3, '{"a":[1,{}],"a":" [ { "}'.length],
		[" 7 ", 0, 1],
		["[[],[],[[]]]", 3, 12],
	])("%s has its levels of brackets and its length without spaces", (json, depth, length) => {
		expect(members(`{"items":[{"data":${json}}]}`)).toMatchObject([{ depth, length }]);
	});

	it("in any JSON is parsed to what the whole is parsed to", () => {
		const item = fc.oneof(
			fc.record({ data: fc.jsonValue(), more: fc.jsonValue() }, { requiredKeys: [] }),
			fc.jsonValue(),
		);
		fc.assert(
			fc.property(fc.array(item), fc.constantFrom(0, 1, "\t"), fc.jsonValue(), (items, space, before) => {
				const json = JSON.stringify({ before, items, after: { items: [] } }, null, space);
				const parsed = (JSON.parse(json) as { items: unknown[] }).items;
				const found = texts(json).map((text) => (text === undefined ? undefined : JSON.parse(text)));
				expect(found).toEqual(
					parsed.map((value) =>
						typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, "data")
							? (value as { data: unknown }).data
							: undefined,
					),
				);
			}),
		);
	});
});
