/**
 * What a query has, or undefined while there is nothing yet. Reading `query.data` of a query that has nothing suspends
 * the whole screen; read through here, the screen stays and shows its own skeleton.
 */
export function loaded<T>(query: { readonly isPending: boolean; readonly data: T }): T | undefined {
	return query.isPending ? undefined : query.data;
}
