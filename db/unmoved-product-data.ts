/** Where the product data is: in the database of the keys, or moved to `PRODUCT_DB`. */

/** A row of `service_state`: its value is "yes" once a move of product data is finished. */
export const PRODUCT_DATA_MOVED = "product_data_moved";

/**
 * Whether a database of the keys has product data that a release with `PRODUCT_DB` would not find: `unmoved` is 1. The Worker asks
 * this, and so does the set-up.
 */
export const UNMOVED_PRODUCT_DATA = `select (exists (select 1 from leads) or exists (select 1 from collaborators))
	and not exists (select 1 from service_state where name = '${PRODUCT_DATA_MOVED}' and value = 'yes') as unmoved`;

/** The same for a deployment, with what the row says: null if there is none. */
export const PRODUCT_DATA_STATE = `${UNMOVED_PRODUCT_DATA},
	(select value from service_state where name = '${PRODUCT_DATA_MOVED}') as moved`;
