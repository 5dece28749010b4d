/**
 * Cuts members of list items out of JSON, in the text that was sent. `JSON.parse` loses some of it: the order of members
 * with numeric names, digits of long numbers, repeated names.
 */

/** A value: where it ends, how many levels of brackets it has, and its length without spaces between tokens. */
interface Value {
	end: number;
	depth: number;
	length: number;
}

/** A member of an object: its name, where its value starts, and the value. */
interface Member extends Value {
	name: string;
	start: number;
}

/** The text of a member's value, with its levels of brackets, and its length without spaces between tokens. */
export interface MemberText {
	text: string;
	depth: number;
	length: number;
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

/** The value that starts here. Counts brackets instead of recursing, because the sender chooses the depth. */
function valueAt(json: string, start: number): Value {
	let open = 0;
	let depth = 0;
	let length = 0;
	for (let at = start; ; ) {
		const character = json[at];
		const tokenStart = at;
		if (character === '"') at = endOf(STRING, json, at);
		else if (character === "{" || character === "[") {
			depth = Math.max(depth, ++open);
			at++;
		} else if (character === "}" || character === "]") {
			open--;
			at++;
		} else if (character === "," || character === ":") at++;
		else at = endOf(LITERAL, json, at);
		length += at - tokenStart;
		if (open === 0) return { end: at, depth, length };
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
		const value = valueAt(json, at);
		yield { name, start: at, ...value };
		at = endOf(SPACE, json, value.end);
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
export function memberTexts(json: string, list: string, name: string): (MemberText | undefined)[] {
	const items = memberOf(json, endOf(SPACE, json, 0), list);
	if (!items) return [];
	return Array.from(membersOf(json, items.start), ({ start }) => {
		const member = memberOf(json, start, name);
		if (!member) return undefined;
		const { depth, length } = member;
		return { text: json.slice(member.start, member.end), depth, length };
	});
}
