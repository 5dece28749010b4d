/** Text as it is searched: lower case, without accents, so that "integracao" finds "Integração". */
export function foldForSearch(...parts: (string | null | undefined)[]): string {
	return parts
		.filter(Boolean)
		.join(" ")
		.normalize("NFD")
		.replace(/\p{Mn}/gu, "")
		.toLowerCase();
}
