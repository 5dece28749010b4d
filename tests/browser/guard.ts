/**
 * Watches everything that happens in the browser beside what a test looks at. A page that works has a silent console,
 * gets an answer to all it asks for, speaks to its own service only and keeps secrets to itself; whatever is otherwise
 * fails the test, unless the test has said that it will happen.
 */
import type { BrowserContext, ConsoleMessage, Page, Request, Response } from "@playwright/test";

/** A part of the text, or a pattern for it. */
type Text = string | RegExp;

/** What a test provokes on purpose. Each must happen at least once, or the test fails for that. */
export type Expected =
	/** An answer of 400 or more. `url` is looked for in path and query. */
	| { status: number; url?: Text }
	/** A request that gets no answer: offline, or cut by `page.route`. */
	| { unanswered: Text }
	/** An error or a warning on the console. */
	| { console: Text }
	/** An error that no code has caught. */
	| { uncaught: Text };

/** Somebody who is not signed in opens the dashboard, which asks who that is. */
export const SIGNED_OUT: Expected = { status: 401, url: "session.me" };

type Problem =
	| { kind: "status"; status: number; at: string; method: string }
	| { kind: "unanswered"; at: string; reason: string }
	| { kind: "console"; type: string; text: string; at: string }
	| { kind: "uncaught"; text: string }
	/** What no test may expect. */
	| { kind: "policy"; text: string }
	| { kind: "foreign"; url: string }
	| { kind: "secret"; where: string };

/** An API key or a JSON Web Token, whole enough to be used. */
const SECRET = /sk_(live|test)_[0-9A-Za-z]{48}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/;
/** The name under which pages tell of violations of their policy. */
const BINDING = "__tellPolicyViolation";
/** What the browser prints about a request that is watched anyway. */
const ABOUT_REQUESTS = /^Failed to load resource: (the server responded with a status of|net::)/;
/** A request that the page itself has given up, by leaving or by an AbortController. */
const GIVEN_UP = "net::ERR_ABORTED";

export class Guard {
	readonly #origin: string;
	readonly #problems: Problem[] = [];
	readonly #expected: Expected[] = [];

	/** `origin` is the only one that pages may speak to. */
	constructor(origin: string) {
		this.#origin = origin;
	}

	/** From now on what matches is no problem, before this call or after it. */
	expect(...expected: Expected[]): void {
		this.#expected.push(...expected);
	}

	/** Watches all pages of the context. To be called before it has any. */
	async watch(context: BrowserContext): Promise<void> {
		context.on("console", (message) => this.#onConsole(message));
		context.on("weberror", (error) => this.#problems.push({ kind: "uncaught", text: String(error.error()) }));
		context.on("request", (request) => this.#onRequest(request));
		context.on("response", (response) => this.#onResponse(response));
		context.on("requestfailed", (request) => this.#onFailure(request));
		await context.exposeBinding(BINDING, (_, text: string) => {
			this.#problems.push({ kind: "policy", text });
		});
		await context.addInitScript((binding) => {
			document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
				// The function is put there by `exposeBinding`.
				const tell = (window as unknown as Record<string, (text: string) => void>)[binding];
				tell?.(`${violatedDirective} blocked ${blockedURI || "something inline"} (${sourceFile || "the page"})`);
			});
		}, BINDING);
	}

	/** Throws if there was a problem that was not expected, or, unless the test ran only `partly`, none where one was. */
	check({ partly = false } = {}): void {
		const unexpected = this.#problems.filter((problem) => !this.#expected.some((one) => matches(one, problem)));
		const missing = partly
			? []
			: this.#expected.filter((one) => !this.#problems.some((problem) => matches(one, problem)));
		const lines = [
			...unexpected.map((problem) => `  ${inWords(problem)}`),
			...missing.map((one) => `  expected and not seen: ${JSON.stringify(one, patternsAsText)}`),
		];
		if (lines.length > 0) throw new Error(`What happened in the browser:\n${lines.join("\n")}`);
	}

	/**
	 * Looks for secrets in what outlives the pages. To be called when the test is over: an answer also means that what the
	 * pages have told before has arrived here.
	 */
	async lookInto(context: BrowserContext): Promise<void> {
		for (const page of context.pages()) {
			if (!isOf(this.#origin, page.url())) continue;
			const kept = await keptBy(page);
			for (const [where, text] of Object.entries(kept)) this.#noSecret(where, text);
		}
	}

	#onConsole(message: ConsoleMessage): void {
		const type = message.type();
		const text = message.text();
		this.#noSecret("the console", text);
		if (!["error", "warning", "assert"].includes(type)) return;
		if (ABOUT_REQUESTS.test(text)) return;
		const { url, lineNumber } = message.location();
		this.#problems.push({ kind: "console", type, text, at: url ? `${url}:${lineNumber + 1}` : "" });
	}

	#onRequest(request: Request): void {
		const url = request.url();
		this.#noSecret("the address of a request", decoded(url));
		if (isOf(this.#origin, url)) return;
		this.#problems.push({ kind: "foreign", url });
	}

	#onResponse(response: Response): void {
		const status = response.status();
		if (status < 400) return;
		this.#problems.push({ kind: "status", status, at: pathOf(response.url()), method: response.request().method() });
	}

	#onFailure(request: Request): void {
		const reason = request.failure()?.errorText ?? "";
		if (reason === GIVEN_UP) return;
		this.#problems.push({ kind: "unanswered", at: pathOf(request.url()), reason });
	}

	#noSecret(where: string, text: string): void {
		if (SECRET.test(text)) this.#problems.push({ kind: "secret", where });
	}
}

/** Everything that a page leaves behind, by the name of the place. */
async function keptBy(page: Page): Promise<Record<string, string>> {
	for (;;) {
		try {
			return await page.evaluate(() => ({
				localStorage: JSON.stringify({ ...localStorage }),
				sessionStorage: JSON.stringify({ ...sessionStorage }),
				"the state of its history": JSON.stringify(history.state),
				"its address": location.href,
				"a cookie that scripts can read": document.cookie,
			}));
		} catch (error) {
			// The test may end while the page is on its way to another. Then the other is asked.
			if (!String(error).includes("because of a navigation")) throw error;
			await page.waitForLoadState("domcontentloaded");
		}
	}
}

/** Whether a request for this address leaves nothing to anybody but the origin. */
function isOf(origin: string, url: string): boolean {
	return url.startsWith("data:") || new URL(url).origin === origin;
}

function pathOf(url: string): string {
	if (!URL.canParse(url)) return url;
	const { pathname, search } = new URL(url);
	return pathname + decoded(search);
}

/** For people and patterns to read; as it is where it is no valid encoding. */
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function matches(expected: Expected, problem: Problem): boolean {
	switch (problem.kind) {
		case "status":
			return "status" in expected && expected.status === problem.status && fits(expected.url ?? "", problem.at);
		case "unanswered":
			return "unanswered" in expected && fits(expected.unanswered, problem.at);
		case "console":
			return "console" in expected && fits(expected.console, problem.text);
		case "uncaught":
			return "uncaught" in expected && fits(expected.uncaught, problem.text);
		case "policy":
		case "foreign":
		case "secret":
			return false;
		default:
			return problem satisfies never;
	}
}

const fits = (wanted: Text, text: string) =>
	typeof wanted === "string" ? text.includes(wanted) : new RegExp(wanted.source, wanted.flags).test(text);

const patternsAsText = (_: string, value: unknown) => (value instanceof RegExp ? String(value) : value);

function inWords(problem: Problem): string {
	switch (problem.kind) {
		case "status":
			return `${problem.method} ${problem.at} was answered with ${problem.status}`;
		case "unanswered":
			return `${problem.at} was not answered: ${problem.reason}`;
		case "console":
			return `console ${problem.type}: ${problem.text} ${problem.at}`;
		case "uncaught":
			return `uncaught: ${problem.text}`;
		case "policy":
			return `Content-Security-Policy: ${problem.text}`;
		case "foreign":
			return `a request to another origin: ${problem.url}`;
		case "secret":
			return `an API key or a token in ${problem.where}`;
		default:
			return problem satisfies never;
	}
}
