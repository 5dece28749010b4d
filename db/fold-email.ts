/** Emails as they identify a person. */

/**
 * The email without regard to case, in any script (Unicode's full case folding): "JOSÉ@ACME.example" becomes
 * "josé@acme.example", and "Straße" is "STRASSE". Accents stay, because they distinguish two people.
 */
export function foldEmail(email: string): string {
	const folded = Array.from(email.trim().normalize("NFC"), (character) =>
		// The upper case of the Turkish ı is the one of i, which is another letter.
		character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase(),
	);
	return folded.join("").normalize("NFC");
}
