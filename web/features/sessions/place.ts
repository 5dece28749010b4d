/** Where a sign-in came from, in the reader's language. Pure. */
import { language } from "../../preferences.ts";

/** `São Paulo, BR` → `São Paulo, Brazil`. A text of another form stays as it is. */
export function placeText(place: string): string {
	const [, city = "", code = ""] = /^(?:(.*), )?([A-Z]{2})$/.exec(place) ?? [];
	if (code === "") return place;
	const country = new Intl.DisplayNames(language(), { type: "region" }).of(code) ?? code;
	return city === "" ? country : `${city}, ${country}`;
}
