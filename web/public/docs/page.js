/* The API reference: Redoc (see vite.config.ts), over the document that this very service gives of itself. */
const FONT = 'system-ui, -apple-system, "Segoe UI", sans-serif';
Redoc.init(
	"/v1/openapi.json",
	{
		// Searching takes a worker made from text, which the policy of this page forbids.
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
