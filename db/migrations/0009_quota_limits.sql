-- An error names the limit that rejected the write. Read afterwards, the quota can be another one already.
DROP TRIGGER quotas_checked;
--> statement-breakpoint
-- `leads_changed` added the old email's bytes instead of subtracting them, so stored bytes grew with every change of a lead.
DROP TRIGGER leads_changed;
--> statement-breakpoint
CREATE TRIGGER leads_changed AFTER UPDATE OF search_text, name, email, phone, company, position, source, tags, custom_fields
ON leads
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes
		+ 4 * octet_length(new.search_text) + octet_length(new.name) + coalesce(octet_length(new.email), 0)
		+ coalesce(octet_length(new.phone), 0) + coalesce(octet_length(new.company), 0)
		+ coalesce(octet_length(new.position), 0) + 3 * coalesce(octet_length(new.source), 0)
		+ octet_length(new.tags) + octet_length(new.custom_fields)
		- 4 * octet_length(old.search_text) - octet_length(old.name) - coalesce(octet_length(old.email), 0)
		- coalesce(octet_length(old.phone), 0) - coalesce(octet_length(old.company), 0)
		- coalesce(octet_length(old.position), 0) - 3 * coalesce(octet_length(old.source), 0)
		- octet_length(old.tags) - octet_length(old.custom_fields)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
UPDATE quotas SET stored_bytes = 2000 * api_keys + 500 * users + coalesce((
	SELECT sum(250 + 2 * octet_length(external_id) + octet_length(name) + octet_length(email)
		+ coalesce(octet_length(team), 0) + coalesce(octet_length(role), 0))
	FROM collaborators WHERE collaborators.tenant_id = quotas.tenant_id
), 0) + coalesce((
	SELECT sum(200 + 2 * coalesce(octet_length(reference), 0))
	FROM activities WHERE activities.tenant_id = quotas.tenant_id
), 0) + coalesce((
	SELECT sum(bytes) FROM lead_bytes JOIN leads USING (id) WHERE leads.tenant_id = quotas.tenant_id
), 0);
--> statement-breakpoint
-- Rejects the statement, and with it the batch, that exceeds a quota. The numbers are the defaults of db/quotas.ts.
-- Stored bytes never stop a key from being created or rotated: replacing a leaked key must work at any time.
CREATE TRIGGER quotas_checked AFTER UPDATE OF api_keys, users, collaborators, activities, leads, stored_bytes ON quotas
WHEN new.api_keys > old.api_keys OR new.users > old.users OR new.stored_bytes > old.stored_bytes
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
		search_no = (SELECT coalesce(max(search_no), 0) + 1 FROM api_keys)
	WHERE id = new.id;
	INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents WHERE id = new.id;
	UPDATE quotas SET api_keys = api_keys + 1, stored_bytes = stored_bytes + 2000 WHERE tenant_id = new.tenant_id;
	-- A successor keeps the limit of its predecessor.
	SELECT raise(ABORT, 'quota exceeded: rate_limit ' || coalesce(rate_limit_max, 1000000)) FROM quotas
	WHERE tenant_id = new.tenant_id AND new.rotated_from IS NULL AND new.rate_limit > coalesce(rate_limit_max, 1000000);
END;
