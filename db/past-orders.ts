/**
 * Orders from before a restore of the database: deletions of tenants, and jobs. They may have been cancelled since the backup, so
 * they are ended instead of carried out. Suspensions and resumptions in progress continue, because they can be reversed.
 */

/** The orders that are pending, as `kind` and `id`. */
export const PENDING_ORDERS = `
	select 'deletion of a tenant' as kind, id from tenants
	where deleted_at is null and (
		delete_after is not null or exists (select 1 from gate_sweeps where tenant_id = tenants.id and kind = 'delete')
	)
	union all select 'job', id from jobs where state = 'running'`;

/** Ends them. A tenant stays suspended, and a job stopped, until someone orders it again. */
export const END_PENDING_ORDERS: readonly string[] = [
	"delete from gate_sweeps where kind = 'delete'",
	"update tenants set delete_after = null where delete_after is not null and deleted_at is null",
	"update jobs set state = 'stopped' where state = 'running'",
];

/** Row of `service_state`: since when orders count, in milliseconds as text. Earlier ones were ended. */
export const ORDERS_VALID_FROM = "orders_valid_from";
