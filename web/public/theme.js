// Sets the chosen theme before the first paint, so that the other one does not flash. web/preferences.ts stores it.
try {
	const theme = localStorage.getItem("theme");
	if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
	// Storage may be blocked. Then the system's theme applies.
}
