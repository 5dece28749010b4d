-- Numbers the rows of the search indexes by tenant, and gives each row a token for its span of 32768 rows (SPAN_ROWS in
-- db/search.ts), so that a search can be limited to some of them. Why: docs/decisions/search.md.
--
-- It fills the indexes anew. The release before this migration searches them too, because all earlier tokens are there.

DROP TRIGGER api_keys_added;--> statement-breakpoint
DROP TRIGGER leads_added;--> statement-breakpoint
DROP TRIGGER leads_changed;--> statement-breakpoint
DROP TRIGGER leads_removed;--> statement-breakpoint
DROP VIEW api_key_search_documents;--> statement-breakpoint
DROP VIEW lead_search_documents;--> statement-breakpoint
DROP VIEW lead_bytes;
--> statement-breakpoint

-- 1. What a lead counts towards `stored_bytes`.
ALTER TABLE `leads` ADD `bytes` integer GENERATED ALWAYS AS (600 + 4 * octet_length(search_text) + octet_length(name) + coalesce(octet_length(email), 0) + coalesce(octet_length(phone), 0) + coalesce(octet_length(company), 0) + coalesce(octet_length(position), 0) + 3 * coalesce(octet_length(source), 0) + octet_length(tags) + octet_length(custom_fields)) VIRTUAL;--> statement-breakpoint
CREATE TRIGGER leads_recounted AFTER UPDATE ON leads WHEN new.bytes <> old.bytes
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes + new.bytes - old.bytes WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_removed BEFORE DELETE ON leads
BEGIN
	DELETE FROM lead_search WHERE rowid = old.search_no;
	UPDATE quotas SET leads = leads - 1, stored_bytes = stored_bytes - old.bytes WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint

-- 2. Search. The number of a row is the tenant's number times 4294967296 (NUMBERS_PER_TENANT in db/search.ts), and the
-- next of the tenant.
CREATE VIEW api_key_search_documents AS
SELECT id, search_no, space || 'n' || (search_no % 4294967296 / 32768) || ' ' || (
	SELECT group_concat(
		space || hex(substr(search_text, place.key + 1, 1)) || ' ' || space || hex(substr(search_text, place.key + 1, 2))
			|| ' ' || space || hex(substr(search_text, place.key + 1, 3)), ' ')
	-- One element for each character of the text.
	FROM json_each('[' || substr(replace(hex(zeroblob(length(search_text))), '00', ',0'), 2) || ']') place
) AS pieces
FROM (
	SELECT id, search_no, search_text, tenant_no || substr(environment, 1, 1) AS space
	FROM api_keys JOIN quotas ON quotas.tenant_id = api_keys.tenant_id
);
--> statement-breakpoint
CREATE VIEW lead_search_documents AS
SELECT id, search_no, space || 'n' || (search_no % 4294967296 / 32768) || ' ' || space || 'status' || status
	|| coalesce(' ' || space || 'source' || hex(source), '') || ' ' || (
	SELECT group_concat(
		space || hex(substr(search_text, place.key + 1, 1)) || ' ' || space || hex(substr(search_text, place.key + 1, 2))
			|| ' ' || space || hex(substr(search_text, place.key + 1, 3)), ' ')
	-- One element for each character of the text.
	FROM json_each('[' || substr(replace(hex(zeroblob(length(search_text))), '00', ',0'), 2) || ']') place
) AS pieces
FROM (
	SELECT id, search_no, search_text, status, source, tenant_no || substr(environment, 1, 1) AS space
	FROM leads JOIN quotas ON quotas.tenant_id = leads.tenant_id
);
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
	WHERE tenant_id = new.tenant_id AND new.rotated_from IS NULL AND new.rate_limit > coalesce(rate_limit_max, 1000000);
END;
--> statement-breakpoint
CREATE TRIGGER leads_added AFTER INSERT ON leads
BEGIN
	UPDATE leads SET search_no = (
		SELECT max(first, coalesce((
			SELECT search_no + 1 FROM leads WHERE search_no BETWEEN first AND first + 4294967294
			ORDER BY search_no DESC LIMIT 1
		), 0))
		FROM (SELECT tenant_no * 4294967296 + 1 AS first FROM quotas WHERE tenant_id = new.tenant_id)
	)
	WHERE id = new.id;
	INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents WHERE id = new.id;
	UPDATE quotas SET leads = leads + 1, stored_bytes = stored_bytes + new.bytes WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint

-- 3. Rows that exist already. The first update keeps the numbers unique in between.
UPDATE api_keys SET search_no = -search_no;
--> statement-breakpoint
UPDATE api_keys SET search_no = numbered.no FROM (
	SELECT api_keys.id, tenant_no * 4294967296 + row_number() OVER (PARTITION BY tenant_no ORDER BY search_no DESC) AS no
	FROM api_keys JOIN quotas ON quotas.tenant_id = api_keys.tenant_id
) numbered WHERE numbered.id = api_keys.id;
--> statement-breakpoint
INSERT INTO api_key_search (api_key_search) VALUES ('delete-all');
--> statement-breakpoint
INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents;
--> statement-breakpoint
UPDATE leads SET search_no = -search_no;
--> statement-breakpoint
UPDATE leads SET search_no = numbered.no FROM (
	SELECT leads.id, tenant_no * 4294967296 + row_number() OVER (PARTITION BY tenant_no ORDER BY search_no DESC) AS no
	FROM leads JOIN quotas ON quotas.tenant_id = leads.tenant_id
) numbered WHERE numbered.id = leads.id;
--> statement-breakpoint
INSERT INTO lead_search (lead_search) VALUES ('delete-all');
--> statement-breakpoint
INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents;
