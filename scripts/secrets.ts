/** The secrets that the service must have (docs/configuration.md). */
import { randomBytes } from "node:crypto";

export const REQUIRED_SECRETS = ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"] as const;

/** 256 random bits in hex. */
export const newSecret = (): string => randomBytes(32).toString("hex");
