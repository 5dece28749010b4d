/** Where Cloudflare keeps objects and data. A file of its own, because the start of the Worker needs no other enumeration. */

/** Where Cloudflare can create a Durable Object: western and eastern North America, South America, and so on. */
export const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type LocationHint = (typeof LOCATION_HINTS)[number];

/** Borders that databases and Durable Objects can be confined to, so that their data never leaves them. */
export const JURISDICTIONS = ["eu", "fedramp", "us"] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** Where an object is created if it doesn't exist yet. Null: where the configuration says. */
export const toPlace = (hint: LocationHint | null) => (hint === null ? {} : { locationHint: hint });
