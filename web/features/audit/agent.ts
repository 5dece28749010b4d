/** Which program somebody used, in a few words instead of the line that it calls itself by. Pure. */

/** Browsers by the part of the line that only they have, those first that also claim to be another one. */
const BROWSERS = [
	[/\bEdg(?:e|A|iOS)?\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\bSamsungBrowser\//, "Samsung Internet"],
	[/\b(?:Firefox|FxiOS)\//, "Firefox"],
	[/\bHeadlessChrome\//, "Headless Chrome"],
	[/\b(?:Chrome|CriOS)\//, "Chrome"],
	[/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
] as const;

/** Systems likewise: an iPhone claims to be like a Mac, Android is a Linux. */
const SYSTEMS = [
	[/\b(?:iPhone|iPad|iPod)\b/, "iOS"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bMac OS X\b/, "macOS"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
] as const;

/** Longer than any name and version that is meant to be read. */
const PROGRAM_MAX = 32;

export type Agent =
	| { kind: "browser"; browser: string; system: string | null }
	/** `curl/8.5.0`: the first word of what it says. */
	| { kind: "program"; program: string };

export function agentOf(userAgent: string): Agent {
	const browser = BROWSERS.find(([sign]) => sign.test(userAgent))?.[1];
	if (browser && userAgent.startsWith("Mozilla/"))
		return { kind: "browser", browser, system: SYSTEMS.find(([sign]) => sign.test(userAgent))?.[1] ?? null };
	const [first = userAgent] = userAgent.trim().split(/\s/);
	return { kind: "program", program: first.length > PROGRAM_MAX ? `${first.slice(0, PROGRAM_MAX)}…` : first };
}
