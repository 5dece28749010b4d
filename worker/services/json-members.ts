/**
 * Cuts members of list items out of JSON, in the text that was sent. `JSON.parse` loses some of it: the order of members
 * with numeric names, digits of long numbers, repeated names.
 */

/** A member of an object: its name, and where its value starts and ends. */
interface Member {
	name: string;
	start: number;
	end: number;
}

const SPACE = /[\t\n\r ]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
/** A number, `true`, `false` or `null`. */
const LITERAL = /[^\t\n\r ,:\]}]+/y;

/** Where the match of a sticky pattern ends that starts here. */
function endOf(pattern: RegExp, json: string, start: number): number {
	pattern.lastIndex = start;
	pattern.test(json);
	return pattern.lastIndex;
}

/** Where a value ends. Counts brackets instead of recursing, because the sender chooses the depth. */
function endOfValue(json: string, start: number): number {
	let depth = 0;
	for (let at = start; ; ) {
		const character = json[at];
		if (character === '"') at = endOf(STRING, json, at);
		else if (character === "{" || character === "[") {
			depth++;
			at++;
		} else if (character === "}" || character === "]") {
			depth--;
			at++;
		} else if (character === "," || character === ":") at++;
		else at = endOf(LITERAL, json, at);
		if (depth === 0) return at;
		at = endOf(SPACE, json, at);
	}
}

/** The members of the object that starts here, or the elements of the list, whose names are empty. */
function* membersOf(json: string, start: number): Generator<Member> {
	const isObject = json[start] === "{";
	for (let at = endOf(SPACE, json, start + 1); json[at] !== "}" && json[at] !== "]"; ) {
		let name = "";
		if (isObject) {
			const end = endOf(STRING, json, at);
			// A name may have escapes.
			name = String(JSON.parse(json.slice(at, end)));
			// Past the colon.
			at = endOf(SPACE, json, endOf(SPACE, json, end) + 1);
		}
		const end = endOfValue(json, at);
		yield { name, start: at, end };
		at = endOf(SPACE, json, end);
		if (json[at] === ",") at = endOf(SPACE, json, at + 1);
	}
}

/** The last member of this name, which is the one that `JSON.parse` takes. */
function memberOf(json: string, start: number, name: string): Member | undefined {
	let found: Member | undefined;
	if (json[start] === "{") for (const member of membersOf(json, start)) if (member.name === name) found = member;
	return found;
}

/**
 * The text of the member `name` in each item of the list `list` of an object; undefined where an item doesn't have it.
 * `json` must be valid: parse it first.
 */
export function memberTexts(json: string, list: string, name: string): (string | undefined)[] {
	const items = memberOf(json, endOf(SPACE, json, 0), list);
	if (!items) return [];
	return Array.from(membersOf(json, items.start), ({ start }) => {
		const member = memberOf(json, start, name);
		return member && json.slice(member.start, member.end);
	});
}
