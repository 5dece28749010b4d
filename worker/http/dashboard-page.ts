/** The dashboard is one page: whatever address a person opens, the page finds its own way from there. */

const DOORS = /^\/(trpc|v1|functions|healthz)(\/|$)/;

/** The page, for a browser that opens an address which is neither a file nor a door; null for every other request. */
export async function pageFor(request: Request, assets: Fetcher): Promise<Response | null> {
	// First what integrations fail at a glance: this is on the path of all of their requests.
	if (request.method !== "GET" || !request.headers.get("accept")?.includes("text/html")) return null;
	const { pathname, origin } = new URL(request.url);
	if (DOORS.test(pathname)) return null;
	return assets.fetch(new URL("/", origin));
}
