/**
 * Which new passwords are accepted: long ones that are not common (NIST SP 800-63B, §3.1.1.2). There are no rules about
 * kinds of characters, because they make passwords harder to remember and not harder to guess.
 */

/** The password without the digits and signs that people put before and after a common word. */
const CORE = /^[^\p{L}]*(.*?)[^\p{L}]*$/su;
/** Shorter cores, such as `abc`, are part of many good passwords. */
const CORE_MIN_CHARACTERS = 6;
/** Fewer distinct characters are a pattern, such as `121212121212`. */
const DISTINCT_MIN = 5;

/** The person whose password it is. */
interface Owner {
	email: string;
	name: string;
}

/** Why the password is not accepted, in words for the person; null if it is. The schema checks the length. */
export async function weaknessOf(password: string, { email, name }: Owner): Promise<string | null> {
	const folded = fold(password);
	const [localPart = ""] = email.split("@");
	const own = [email, localPart, name].map(fold).filter((text) => text.length > 0);
	if (own.includes(folded) || own.includes(coreOf(folded))) return "Must not be your name or your email";
	if (new Set(folded).size < DISTINCT_MIN) return "Has too few different characters";
	const common = await commonPasswords();
	const unit = repeatedUnit(folded);
	const candidates = [folded, unit, coreOf(folded), coreOf(unit)].filter((text) => text.length >= CORE_MIN_CHARACTERS);
	if (candidates.some((candidate) => common.has(candidate))) return "Is a common password. Choose another one";
	return null;
}

/** Attackers try every case, spacing and Unicode form of a common password, so the check ignores them. */
const fold = (text: string) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

const coreOf = (text: string) => CORE.exec(text)?.[1] ?? text;

/** `abcabcabc` is `abc` repeated. A text that doesn't repeat is its own unit. */
function repeatedUnit(text: string): string {
	return text.slice(0, (text + text).indexOf(text, 1));
}

let known: ReadonlySet<string> | undefined;

/** 49,000 passwords in lower case, the most common ones of published leaks. Loaded when a password is first set. */
async function commonPasswords(): Promise<ReadonlySet<string>> {
	if (!known) {
		const { dictionary } = await import("@zxcvbn-ts/language-common");
		known = new Set(dictionary["passwords-common"]);
	}
	return known;
}
