import { useSearchParams } from "@solidjs/router";
import { AuditTrail } from "../features/audit/audit-trail.tsx";
export default function Screen() {
	const [p] = useSearchParams<{ key_id: string }>();
	return <><h1>audit-log</h1><h2>Trail</h2><AuditTrail keyId={p.key_id ?? ""} /></>;
}
