/** The dashboard is one page: whatever address a person opens, the page finds its own way from there. */

const DOORS = /^\/(trpc|v1|functions|healthz)(\/|$)/;

/** The page, for a browser that opens an address which is neither a file nor a door; null for every other request. */
export async function pageFor(request: Request, assets: Fetcher): Promise<Response | null> {
	const { pathname, origin } = new URL(request.url);
	const opens = request.method === "GET" && (request.headers.get("accept") ?? "").includes("text/html");
	if (!opens || DOORS.test(pathname)) return null;
	return assets.fetch(new URL("/", origin));
}
