/** Names the program behind a User-Agent header. Pure. */

/** Browsers by what only they send. A browser that also claims to be another one comes before it. */
const BROWSERS = [
	[/\bEdg(?:e|A|iOS)?\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\bSamsungBrowser\//, "Samsung Internet"],
	[/\b(?:Firefox|FxiOS)\//, "Firefox"],
	[/\bHeadlessChrome\//, "Headless Chrome"],
	[/\b(?:Chrome|CriOS)\//, "Chrome"],
	[/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
] as const;

/** Systems in the same order: an iPhone also claims to be a Mac, and Android a Linux. */
const SYSTEMS = [
	[/\b(?:iPhone|iPad|iPod)\b/, "iOS"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bMac OS X\b/, "macOS"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
] as const;

/** Longer names are not meant for people. */
const PROGRAM_MAX = 32;

export type UserAgent =
	| { kind: "browser"; browser: string; system: string | null }
	/** The first word of the header, such as `curl/8.5.0`. */
	| { kind: "program"; program: string };

export function parseUserAgent(userAgent: string): UserAgent {
	const browser = BROWSERS.find(([sign]) => sign.test(userAgent))?.[1];
	if (browser && userAgent.startsWith("Mozilla/"))
		return { kind: "browser", browser, system: SYSTEMS.find(([sign]) => sign.test(userAgent))?.[1] ?? null };
	const [first = userAgent] = userAgent.trim().split(/\s/);
	return { kind: "program", program: first.length > PROGRAM_MAX ? `${first.slice(0, PROGRAM_MAX)}…` : first };
}
