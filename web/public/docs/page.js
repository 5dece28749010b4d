/* The API reference: Redoc (see vite.config.ts) with this service's own OpenAPI document. */
const FONT = 'system-ui, -apple-system, "Segoe UI", sans-serif';
Redoc.init(
	"/v1/openapi.json",
	{
		// Search needs a worker created from a string, which the page's Content-Security-Policy forbids.
		disableSearch: true,
		expandResponses: "200,201",
		nativeScrollbars: true,
		requiredPropsFirst: true,
		theme: {
			colors: { primary: { main: "#1f5fd6" } },
			typography: { fontFamily: FONT, headings: { fontFamily: FONT }, code: { color: "#27415f", wrap: true } },
		},
	},
	document.querySelector("#reference"),
);
