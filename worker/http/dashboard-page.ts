/** The dashboard is one page: it handles every path that is neither a file nor an interface. */
import type { Config } from "../env.ts";

const INTERFACES = /^\/(trpc|v1|functions|auth|healthz|readyz|status)(\/|$)/;

/** The page, for a browser that opens one of its paths; null for every other request. */
export async function pageFor(request: Request, assets: Fetcher): Promise<Response | null> {
	// The cheapest check comes first, because every request to the app passes here.
	if (!request.headers.get("accept")?.includes("text/html")) return null;
	const { method } = request;
	// HEAD gets the headers of GET (RFC 9110, §9.3.2).
	if (method !== "GET" && method !== "HEAD") return null;
	const { pathname, origin } = new URL(request.url);
	if (INTERFACES.test(pathname)) return null;
	return assets.fetch(new URL("/", origin), { method });
}

/** Where people open the dashboard: where links and the identity provider lead to. */
export const dashboardOrigin = ({ url }: Request, { publicUrl }: Pick<Config, "publicUrl">): string =>
	publicUrl ?? new URL(url).origin;
