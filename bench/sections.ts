/** Replaces the generated sections of documents, which are between marks. Pure. */

const startOf = (name: string) => `<!-- ${name}: made by npm run bench -- --documents -->`;
const endOf = (name: string) => `<!-- /${name} -->`;

/** Replaces one section. Throws if the document lacks its marks. */
export function withSection(document: string, name: string, section: string): string {
	const start = document.indexOf(startOf(name));
	const end = document.indexOf(endOf(name));
	if (start < 0 || end < start) throw new Error(`The document lacks the marks ${startOf(name)} and ${endOf(name)}`);
	return `${document.slice(0, start + startOf(name).length)}\n\n${section}\n\n${document.slice(end)}`;
}

/** Replaces all sections. */
export const withSections = (document: string, sections: Record<string, string>): string =>
	Object.entries(sections).reduce((text, [name, section]) => withSection(text, name, section), document);
