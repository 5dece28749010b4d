/** What the service takes and returns, by the types of its router. */
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/trpc/root.ts";

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;

/** Who is signed in. */
export type Me = Outputs["session"]["me"];
export type SignInOptions = Outputs["session"]["options"];
export type LoggedIn = Outputs["session"]["login"];

/** Where a person is signed in. */
export type OpenSession = Outputs["sessions"]["list"]["items"][number];

/** A page of the list of keys. */
export type KeyList = Outputs["keys"]["list"];
export type ListedKey = KeyList["items"][number];
/** A key with its current hour and recent callers. */
export type ApiKeyDetail = Outputs["keys"]["get"];
export type ApiKey = Outputs["keys"]["update"];
export type Rotated = Outputs["keys"]["rotate"];
/** The verdict on a presented key. */
export type Verification = Outputs["keys"]["verify"];
export type Usage = Outputs["keys"]["usage"];
/** The requests of one hour or day. */
export type Bucket = Usage["buckets"][number];

export type ListKeys = Extract<Inputs["keys"]["list"], object>;
export type CreateInput = Inputs["keys"]["create"];
export type RotateInput = Inputs["keys"]["rotate"];
export type UpdateInput = Inputs["keys"]["update"];

export type Member = Outputs["members"]["get"];
/** A member with a one-time link, which is shown once. */
export type MemberLink = Outputs["members"]["invite"];
/** Whom a one-time link is for. */
export type LinkDetails = Outputs["passwords"]["readLink"];

export type Quota = Outputs["tenants"]["quotas"]["items"][number];

/** Long work of the service on many keys. */
export type Job = Outputs["jobs"]["get"];
export type JobItemPage = Outputs["jobs"]["items"];
/** A key of a job with its outcome. */
export type JobItem = JobItemPage["items"][number];

/** A management token without its text, which only its creation returns. */
export type ManagementToken = Outputs["tokens"]["get"];
export type IssuedToken = Outputs["tokens"]["create"];
export type CreateTokenInput = Inputs["tokens"]["create"];

/** A page of the audit log. */
export type AuditList = Outputs["audit"]["list"];
export type AuditEvent = AuditList["items"][number];
export type ListAudit = Extract<Inputs["audit"]["list"], object>;
