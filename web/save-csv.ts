/** Some browsers ask where to save first, and read the file only then. */
const KEEP_MS = 60_000;

/** Downloads a CSV file. The parts go into it without being joined in memory first. */
export function saveCsv(name: string, parts: readonly string[]): void {
	const url = URL.createObjectURL(new Blob([...parts], { type: "text/csv;charset=utf-8" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
