/**
 * Whether a database of the keys has product data that a release with `PRODUCT_DB` would not find: `unmoved` is 1. A move leaves
 * triggers there, until the tables are dropped. The Worker asks this, and so does a deployment before it begins.
 */
export const UNMOVED_PRODUCT_DATA = `select (exists (select 1 from leads) or exists (select 1 from collaborators))
	and not exists (select 1 from sqlite_schema where name glob 'product_move_freeze_*') as unmoved`;
