/** What a set-up and a deployment need to know, and which values they refuse. Pure. */

import { JURISDICTIONS } from "../../db/places.ts";
import { REQUIRED_SECRETS } from "../secrets.ts";
import type { DeployOptions } from "./deploy.ts";
import type { RotateOptions } from "./rotate-secret.ts";
import { ENVIRONMENTS, type Environment } from "./steps.ts";

export const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"] as const;

export interface SetupOptions {
	/** The environment of wrangler.toml that is set up. */
	environment: Environment;
	/** Name of the Worker and of the database. */
	name: string;
	/** Where people open the dashboard, such as `https://keys.acme.com`. */
	publicUrl: string;
	/** `iss` of the service's own tokens. */
	issuer: string;
	/** Where the database is. Cloudflare can't move it later. */
	place: { location: string } | { jurisdiction: string };
	tenant: { name: string; slug: string };
	owner: { name: string; email: string };
	/** Path of the file that keeps the secrets. */
	secretsFile: string;
}

/** Values by the names of their flags. */
export type Given = Partial<Record<Flag, string>>;
export type Flag =
	| "env"
	| "name"
	| "public-url"
	| "issuer"
	| "location"
	| "jurisdiction"
	| "tenant-name"
	| "slug"
	| "owner-email"
	| "owner-name"
	| "secrets-file";

/** Hosts that are reserved for documentation and tests (RFC 2606, RFC 6761). They have no owner. */
const PLACEHOLDER = /(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|net|org)$|^\d+(\.\d+){3}$|^\[/;

/** Whether the host of a URL is reserved for documentation or tests. */
export const isPlaceholderHost = (url: string): boolean => PLACEHOLDER.test(new URL(url).hostname);

/** Reads the options of a set-up. Throws an error that names every problem. */
export function readOptions(given: Given): SetupOptions {
	const problems: string[] = [];
	const required = (flag: Flag, pattern: RegExp, expected: string): string => {
		const value = given[flag]?.trim() ?? "";
		if (!pattern.test(value))
			problems.push(value === "" ? `--${flag} is missing: ${expected}` : `--${flag} must be ${expected}`);
		return value;
	};
	const name = required("name", /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and hyphens");
	const publicUrl = required("public-url", /^https:\/\/[^/?#]+$/, "an origin such as https://keys.acme.com");
	const issuer = given.issuer?.trim() || publicUrl;
	for (const [flag, url] of [
		["public-url", publicUrl],
		["issuer", issuer],
	] as const) {
		if (url === "") continue;
		if (!URL.canParse(url) || !url.startsWith("https://")) problems.push(`--${flag} must be an https:// URL`);
		else if (isPlaceholderHost(url)) problems.push(`--${flag} ${url} is a placeholder. Use a host name that is yours`);
	}
	const owner = {
		email: required("owner-email", /^[^\s@]+@[^\s@]+\.[^\s@]+$/, "the email of the first owner"),
		name: required("owner-name", /^.{1,100}$/, "the name of the first owner"),
	};
	const options: SetupOptions = {
		environment: environmentOf(given.env, problems),
		name,
		publicUrl,
		issuer,
		place: placeOf(given, problems),
		tenant: {
			name: required("tenant-name", /^.{1,100}$/, "the name of the first company"),
			slug: required("slug", /^[a-z0-9]+(-[a-z0-9]+)*$/, "a short name of the company, such as acme"),
		},
		owner,
		secretsFile: given["secrets-file"]?.trim() || `.production.${name}.vars`,
	};
	if (problems.length > 0) throw new Error(problems.join("\n"));
	return options;
}

/** The default is production. */
function environmentOf(given: string | undefined, problems: string[]): Environment {
	const found = ENVIRONMENTS.find((name) => name === (given?.trim() || "production"));
	if (found === undefined) problems.push(`--env must be ${ENVIRONMENTS.join(" or ")}`);
	return found ?? "production";
}

const SHARES = "10,50,100";
const PAUSE_SECONDS = "60";

/** Reads the options of a deployment. Throws an error that names every problem. */
export function readDeployOptions({
	env,
	shares: given = SHARES,
	pause = PAUSE_SECONDS,
}: {
	env?: string;
	shares?: string;
	pause?: string;
}): DeployOptions {
	const problems: string[] = [];
	const environment = environmentOf(env, problems);
	const shares = given.split(",").map(Number);
	const isAscending = shares.every((share, index) => Number.isInteger(share) && share > (shares[index - 1] ?? 0));
	if (!isAscending || shares.at(-1) !== 100)
		problems.push("--shares must be ascending whole numbers that end with 100, such as 10,50,100");
	if (!/^\d{1,5}$/.test(pause)) problems.push("--pause must be a number of seconds");
	if (problems.length > 0) throw new Error(problems.join("\n"));
	return { environment, shares, pauseMs: Number(pause) * 1_000 };
}

/** How long a change of secrets spreads by default. Cloudflare needs seconds, and what runs in a location ends within a minute. */
const SPREAD_SECONDS = "120";

/** Reads the options of a rotation. Throws an error that names every problem. */
export function readRotateOptions(
	names: readonly string[],
	given: {
		env?: string;
		leaked?: boolean;
		"refuse-keys"?: boolean;
		"remove-previous"?: boolean;
		pause?: string;
		"secrets-file"?: string;
	},
): RotateOptions {
	const { leaked: isLeaked = false, "refuse-keys": refusesKeys = false, pause = SPREAD_SECONDS } = given;
	const problems: string[] = [];
	const environment = environmentOf(given.env, problems);
	const name = REQUIRED_SECRETS.find((known) => names.length === 1 && known === names[0]);
	if (name === undefined) problems.push(`Name one secret: ${REQUIRED_SECRETS.join(", ")}`);
	if (refusesKeys && !isLeaked) problems.push("--refuse-keys needs --leaked");
	if (!/^\d{1,5}$/.test(pause)) problems.push("--pause must be a number of seconds");
	if (name === undefined || problems.length > 0) throw new Error(problems.join("\n"));
	return {
		...{ name, environment, isLeaked, refusesKeys },
		removesPrevious: given["remove-previous"] ?? false,
		pauseMs: Number(pause) * 1_000,
		secretsFile: given["secrets-file"]?.trim() || null,
	};
}

function placeOf({ location, jurisdiction }: Given, problems: string[]): SetupOptions["place"] {
	const known = (list: readonly string[], value: string) => list.includes(value);
	if (location && jurisdiction) problems.push("--location and --jurisdiction exclude each other: give one");
	if (jurisdiction) {
		if (!known(JURISDICTIONS, jurisdiction)) problems.push(`--jurisdiction must be ${JURISDICTIONS.join(", ")}`);
		return { jurisdiction };
	}
	if (!location || !known(LOCATIONS, location))
		problems.push(
			`--location must be ${LOCATIONS.join(", ")}, or --jurisdiction ${JURISDICTIONS.join(", ")}. The database can't be moved later`,
		);
	return { location: location ?? "" };
}
