-- Lets a gate insert the row of a key that it admits already: after a restore of the database, neither a quota nor the
-- suspension of the tenant may keep such a key out of the lists. Why: docs/decisions/reconcile.md.
ALTER TABLE `quotas` ADD `unchecked` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
DROP TRIGGER quotas_checked;
--> statement-breakpoint
-- Rejects the statement, and with it the batch, that exceeds a quota. The numbers are the defaults of db/quotas.ts.
-- Stored bytes never stop a key from being created or rotated: replacing a leaked key must work at any time.
CREATE TRIGGER quotas_checked AFTER UPDATE OF api_keys, users, collaborators, activities, leads, stored_bytes ON quotas
WHEN new.unchecked = 0
	AND (new.api_keys > old.api_keys OR new.users > old.users OR new.stored_bytes > old.stored_bytes)
BEGIN
	SELECT CASE
		WHEN new.api_keys > old.api_keys
			THEN iif(new.api_keys > coalesce(new.api_keys_max, 200000),
				raise(ABORT, 'quota exceeded: api_keys ' || coalesce(new.api_keys_max, 200000)), 0)
		WHEN new.users > old.users
			THEN iif(new.users > coalesce(new.users_max, 10000),
				raise(ABORT, 'quota exceeded: users ' || coalesce(new.users_max, 10000)), 0)
		WHEN new.collaborators > old.collaborators AND new.collaborators > coalesce(new.collaborators_max, 100000)
			THEN raise(ABORT, 'quota exceeded: collaborators ' || coalesce(new.collaborators_max, 100000))
		WHEN new.activities > old.activities AND new.activities > coalesce(new.activities_max, 2000000)
			THEN raise(ABORT, 'quota exceeded: activities ' || coalesce(new.activities_max, 2000000))
		WHEN new.leads > old.leads AND new.leads > coalesce(new.leads_max, 500000)
			THEN raise(ABORT, 'quota exceeded: leads ' || coalesce(new.leads_max, 500000))
		WHEN new.stored_bytes > coalesce(new.stored_bytes_max, 1073741824)
			THEN raise(ABORT, 'quota exceeded: stored_bytes ' || coalesce(new.stored_bytes_max, 1073741824))
	END;
END;
--> statement-breakpoint
DROP TRIGGER api_keys_added;
--> statement-breakpoint
CREATE TRIGGER api_keys_added AFTER INSERT ON api_keys
BEGIN
	INSERT INTO api_key_counts (tenant_id, environment, standing, keys)
	VALUES (new.tenant_id, new.environment, new.standing, 1)
	ON CONFLICT DO UPDATE SET keys = keys + 1;
	UPDATE api_keys SET
		settled_at = created_at - 10000,
		search_no = (
			SELECT max(first, coalesce((
				SELECT search_no + 1 FROM api_keys WHERE search_no BETWEEN first AND first + 4294967294
				ORDER BY search_no DESC LIMIT 1
			), 0))
			FROM (SELECT tenant_no * 4294967296 + 1 AS first FROM quotas WHERE tenant_id = new.tenant_id)
		)
	WHERE id = new.id;
	INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents WHERE id = new.id;
	UPDATE quotas SET api_keys = api_keys + 1, stored_bytes = stored_bytes + 2000 WHERE tenant_id = new.tenant_id;
	-- A successor keeps the limit of its predecessor.
	SELECT raise(ABORT, 'quota exceeded: rate_limit ' || coalesce(rate_limit_max, 1000000)) FROM quotas
	WHERE tenant_id = new.tenant_id AND unchecked = 0 AND new.rotated_from IS NULL
		AND new.rate_limit > coalesce(rate_limit_max, 1000000);
END;
--> statement-breakpoint
DROP TRIGGER api_keys_of_suspended_tenants;
--> statement-breakpoint
-- A suspended tenant gets no new key, on whatever path. So every key that can be admitted is in the list that a suspension
-- goes through. Why: docs/decisions/suspending-tenants.md.
CREATE TRIGGER api_keys_of_suspended_tenants BEFORE INSERT ON api_keys
WHEN (SELECT suspended_at FROM tenants WHERE id = new.tenant_id) IS NOT NULL
	AND (SELECT unchecked FROM quotas WHERE tenant_id = new.tenant_id) IS NOT 1
BEGIN
	SELECT raise(ABORT, 'tenant suspended');
END;
