// Before the first paint, so that nobody who chose a theme sees the other one flash. Kept by web/preferences.ts.
try {
	const theme = localStorage.getItem("theme");
	if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
	// Storage may be forbidden; the system's theme is right then.
}
