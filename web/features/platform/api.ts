/** Calls with the session of an operator, whose cookie the header selects. */
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../../worker/trpc/root.ts";
import { createClient } from "../../api/client.ts";

export const platformApi = createClient({ "x-salesos-platform": "1" });

type Outputs = inferRouterOutputs<AppRouter>;
export type Tenant = Outputs["tenants"]["get"];
export type CreatedTenant = Outputs["tenants"]["create"];
export type FoundKeys = Outputs["tenants"]["find_by_key"];
export type Overview = Outputs["operations"]["overview"];
export type Deliveries = Outputs["operations"]["deliveries"];
export type Quota = Outputs["tenants"]["quotas"]["items"][number];
