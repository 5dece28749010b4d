/** A browser that asks where to put a file still reads it while the question is open. */
const KEEP_MS = 60_000;

/** Hands a text over as a download. The parts go into the file as they are, without being joined in memory first. */
export function saveFile(name: string, type: string, parts: readonly string[]): void {
	const url = URL.createObjectURL(new Blob([...parts], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
