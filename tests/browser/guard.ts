/**
 * Watches the browser besides what a test asserts. A working page logs no errors, gets a response to every request, talks
 * only to its own service, and leaks no secret. Anything else fails the test, unless the test has announced it.
 */
import type { BrowserContext, ConsoleMessage, Page, Request, Response } from "@playwright/test";

/** A part of the text, or a pattern for it. */
type Text = string | RegExp;

/** A problem that a test causes on purpose. It must happen at least once, or the test fails. */
export type Expected =
	/** A response of 400 or more. `url` is searched in path and query. */
	| { status: number; url?: Text }
	/** A request without a response: offline, or aborted by `page.route`. */
	| { unanswered: Text }
	/** An error or a warning on the console. */
	| { console: Text }
	/** An error that no code has caught. */
	| { uncaught: Text };

/** Opening the dashboard without a session. */
export const SIGNED_OUT: Expected = { status: 401, url: "session.me" };

type Problem =
	| { kind: "status"; status: number; at: string; method: string }
	| { kind: "unanswered"; at: string; reason: string }
	| { kind: "console"; type: string; text: string; at: string }
	| { kind: "uncaught"; text: string }
	/** No test may expect these. */
	| { kind: "policy"; text: string }
	| { kind: "foreign"; url: string }
	| { kind: "secret"; where: string };

/** A whole API key, a secret of a signed key, a management token, or a JSON Web Token. */
const SECRET = /smt_[0-9A-Za-z]{36}|sks?_(live|test)_([0-9A-Za-z]{48}|[0-9a-z]{32}\b)|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/;
/** Pages report violations of their Content-Security-Policy to this binding. */
const BINDING = "__tellPolicyViolation";
/** The browser's messages about requests, which are watched separately. */
const ABOUT_REQUESTS = /^Failed to load resource: (the server responded with a status of|net::)/;
/** The page itself has cancelled the request, by navigating or with an AbortController. */
const GIVEN_UP = "net::ERR_ABORTED";

export class Guard {
	readonly #origin: string;
	readonly #problems: Problem[] = [];
	readonly #expected: Expected[] = [];

	/** `origin` is the only one that pages may talk to. */
	constructor(origin: string) {
		this.#origin = origin;
	}

	/** Announces problems. They may have happened before this call. */
	expect(...expected: Expected[]): void {
		this.#expected.push(...expected);
	}

	/** Watches all pages of the context. Call it before the context has pages. */
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
				// `exposeBinding` defines the function.
				const tell = (window as unknown as Record<string, (text: string) => void>)[binding];
				tell?.(`${violatedDirective} blocked ${blockedURI || "something inline"} (${sourceFile || "the page"})`);
			});
		}, BINDING);
	}

	/** Throws on problems that were not announced, and on announced ones that did not happen, unless the test ran `partly`. */
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
	 * Searches the browser's storage for secrets. Call it at the end of the test: after its response, every earlier message
	 * of the pages has arrived, too.
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

/** Everything that a page stores, by the name of the place. */
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
			// The test may end during a navigation. Then read the next page.
			if (!String(error).includes("because of a navigation")) throw error;
			await page.waitForLoadState("domcontentloaded");
		}
	}
}

/** Whether the URL is of this origin, or needs no request. */
function isOf(origin: string, url: string): boolean {
	return url.startsWith("data:") || new URL(url).origin === origin;
}

function pathOf(url: string): string {
	if (!URL.canParse(url)) return url;
	const { pathname, search } = new URL(url);
	return pathname + decoded(search);
}

/** The decoded text, or the text itself if it is not valid encoding. */
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
