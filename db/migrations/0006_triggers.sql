-- Replaces what migration 0004 made for lists: one counter per standing instead of sums over spans of time, a search
-- index whose every token names its tenant, and quotas. Why: docs/decisions/key-counts.md and docs/decisions/search.md.
--
-- It drops the tables and triggers that it replaces instead of keeping them for one release, because no release has
-- been deployed with them: CHANGELOG.md starts after this migration. Later migrations only widen the schema.
--
-- Instants are milliseconds since the epoch.

DROP TRIGGER api_keys_settle;--> statement-breakpoint
DROP TRIGGER api_keys_added;--> statement-breakpoint
DROP TRIGGER api_keys_renamed;--> statement-breakpoint
DROP TRIGGER api_keys_ends_change;--> statement-breakpoint
DROP TRIGGER api_keys_ends_changed;--> statement-breakpoint
DROP TRIGGER api_keys_removed;--> statement-breakpoint
DROP TRIGGER leads_added;--> statement-breakpoint
DROP TRIGGER leads_changed;--> statement-breakpoint
DROP TRIGGER leads_removed;--> statement-breakpoint
DROP VIEW api_key_tally_parts;--> statement-breakpoint
DROP VIEW api_key_steps;--> statement-breakpoint
DROP VIEW api_key_search_documents;--> statement-breakpoint
DROP VIEW lead_search_documents;--> statement-breakpoint
DROP TABLE api_key_tallies;--> statement-breakpoint
DROP TABLE api_key_search;--> statement-breakpoint
DROP TABLE lead_search;
--> statement-breakpoint

-- 1. Quotas. Each tenant has a row, whose `tenant_no` also starts its tokens in the search indexes.
CREATE TRIGGER tenants_added AFTER INSERT ON tenants
BEGIN
	INSERT INTO quotas (tenant_id) VALUES (new.id);
END;
--> statement-breakpoint
CREATE TRIGGER tenants_removed BEFORE DELETE ON tenants
BEGIN
	DELETE FROM quotas WHERE tenant_id = old.id;
	DELETE FROM api_key_counts WHERE tenant_id = old.id;
END;
--> statement-breakpoint
-- Rejects the statement, and with it the batch, that exceeds a quota. The numbers are the defaults of db/quotas.ts.
-- Stored bytes never stop a key from being created or rotated: replacing a leaked key must work at any time.
CREATE TRIGGER quotas_checked AFTER UPDATE OF api_keys, users, collaborators, activities, leads, stored_bytes ON quotas
WHEN new.api_keys > old.api_keys OR new.users > old.users OR new.stored_bytes > old.stored_bytes
BEGIN
	SELECT CASE
		WHEN new.api_keys > old.api_keys
			THEN iif(new.api_keys > coalesce(new.api_keys_max, 200000), raise(ABORT, 'quota exceeded: api_keys'), 0)
		WHEN new.users > old.users
			THEN iif(new.users > coalesce(new.users_max, 10000), raise(ABORT, 'quota exceeded: users'), 0)
		WHEN new.collaborators > old.collaborators AND new.collaborators > coalesce(new.collaborators_max, 100000)
			THEN raise(ABORT, 'quota exceeded: collaborators')
		WHEN new.activities > old.activities AND new.activities > coalesce(new.activities_max, 2000000)
			THEN raise(ABORT, 'quota exceeded: activities')
		WHEN new.leads > old.leads AND new.leads > coalesce(new.leads_max, 500000)
			THEN raise(ABORT, 'quota exceeded: leads')
		WHEN new.stored_bytes > coalesce(new.stored_bytes_max, 1073741824)
			THEN raise(ABORT, 'quota exceeded: stored_bytes')
	END;
END;
--> statement-breakpoint
-- The bytes of a row: its text as UTF-8, and a constant for ids, instants and indexes. What `search` looks in counts
-- four times, because each of its characters starts three tokens of the index.
CREATE TRIGGER users_counted AFTER INSERT ON users
BEGIN
	UPDATE quotas SET users = users + 1, stored_bytes = stored_bytes + 500 WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER users_uncounted AFTER DELETE ON users
BEGIN
	UPDATE quotas SET users = users - 1, stored_bytes = stored_bytes - 500 WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER collaborators_counted AFTER INSERT ON collaborators
BEGIN
	UPDATE quotas SET collaborators = collaborators + 1, stored_bytes = stored_bytes + 250
		+ 2 * octet_length(new.external_id) + octet_length(new.name) + octet_length(new.email)
		+ coalesce(octet_length(new.team), 0) + coalesce(octet_length(new.role), 0)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER collaborators_recounted AFTER UPDATE OF name, email, team, role ON collaborators
WHEN octet_length(new.name) + octet_length(new.email)
		+ coalesce(octet_length(new.team), 0) + coalesce(octet_length(new.role), 0)
	<> octet_length(old.name) + octet_length(old.email)
		+ coalesce(octet_length(old.team), 0) + coalesce(octet_length(old.role), 0)
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes
		+ octet_length(new.name) + octet_length(new.email)
		+ coalesce(octet_length(new.team), 0) + coalesce(octet_length(new.role), 0)
		- octet_length(old.name) - octet_length(old.email)
		- coalesce(octet_length(old.team), 0) - coalesce(octet_length(old.role), 0)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER collaborators_uncounted AFTER DELETE ON collaborators
BEGIN
	UPDATE quotas SET collaborators = collaborators - 1, stored_bytes = stored_bytes - 250
		- 2 * octet_length(old.external_id) - octet_length(old.name) - octet_length(old.email)
		- coalesce(octet_length(old.team), 0) - coalesce(octet_length(old.role), 0)
	WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER activities_counted AFTER INSERT ON activities
BEGIN
	UPDATE quotas SET activities = activities + 1,
		stored_bytes = stored_bytes + 200 + 2 * coalesce(octet_length(new.reference), 0)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER activities_uncounted AFTER DELETE ON activities
BEGIN
	UPDATE quotas SET activities = activities - 1,
		stored_bytes = stored_bytes - 200 - 2 * coalesce(octet_length(old.reference), 0)
	WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint
CREATE VIEW lead_bytes AS
SELECT id, 600 + 4 * octet_length(search_text) + octet_length(name) + coalesce(octet_length(email), 0)
	+ coalesce(octet_length(phone), 0) + coalesce(octet_length(company), 0) + coalesce(octet_length(position), 0)
	+ 3 * coalesce(octet_length(source), 0) + octet_length(tags) + octet_length(custom_fields) AS bytes
FROM leads;
--> statement-breakpoint

-- 2. Search. Every position of the text gives three tokens: the one, two and three characters from there, in hex, so
-- that no character has a meaning to the tokenizer. Each token begins with the tenant's number and `l` or `t` for the
-- environment. A term of up to three characters is one token; a longer one is the set of its pieces of three.
CREATE VIRTUAL TABLE api_key_search USING fts5(
	pieces, content='', contentless_delete=1, detail='none', tokenize='ascii'
);
--> statement-breakpoint
CREATE VIRTUAL TABLE lead_search USING fts5(
	pieces, content='', contentless_delete=1, detail='none', tokenize='ascii'
);
--> statement-breakpoint
CREATE VIEW api_key_search_documents AS
SELECT id, search_no, (
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
SELECT id, search_no, space || 'status' || status || coalesce(' ' || space || 'source' || hex(source), '') || ' ' || (
	SELECT group_concat(
		space || hex(substr(search_text, place.key + 1, 1)) || ' ' || space || hex(substr(search_text, place.key + 1, 2))
			|| ' ' || space || hex(substr(search_text, place.key + 1, 3)), ' ')
	FROM json_each('[' || substr(replace(hex(zeroblob(length(search_text))), '00', ',0'), 2) || ']') place
) AS pieces
FROM (
	SELECT id, search_no, search_text, status, source, tenant_no || substr(environment, 1, 1) AS space
	FROM leads JOIN quotas ON quotas.tenant_id = leads.tenant_id
);
--> statement-breakpoint

-- 3. Standing, which keys are listed and counted by: 0 open, 1 ends within 1209600000 ms (EXPIRING_SOON_DAYS),
-- 2 expired, 3 revoked. The rule is that of `statusOf`.
CREATE TRIGGER api_keys_settle AFTER UPDATE OF settled_at ON api_keys
BEGIN
	UPDATE api_keys SET
		standing = CASE
			WHEN revoked_at IS NOT NULL OR revoke_at <= settled_at THEN 3
			WHEN expires_at <= settled_at THEN 2
			WHEN ends_at - 1209600000 <= settled_at THEN 1
			ELSE 0
		END,
		turns_at = CASE WHEN revoked_at IS NULL AND (revoke_at IS NULL OR revoke_at > settled_at) THEN nullif(min(
			iif(ends_at - 1209600000 > settled_at, ends_at - 1209600000, 9e15),
			iif(expires_at > settled_at, expires_at, 9e15),
			iif(revoke_at > settled_at, revoke_at, 9e15)
		), 9e15) END
	WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_moved AFTER UPDATE OF standing ON api_keys WHEN old.standing <> new.standing
BEGIN
	UPDATE api_key_counts SET keys = keys - 1
	WHERE tenant_id = old.tenant_id AND environment = old.environment AND standing = old.standing;
	INSERT INTO api_key_counts (tenant_id, environment, standing, keys)
	VALUES (new.tenant_id, new.environment, new.standing, 1)
	ON CONFLICT DO UPDATE SET keys = keys + 1;
END;
--> statement-breakpoint
-- A new key is settled as of ten seconds earlier (SETTLED_AFTER_MS in key-order.ts): no clock that lists it is further
-- behind.
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
	SELECT raise(ABORT, 'quota exceeded: rate_limit') FROM quotas
	WHERE tenant_id = new.tenant_id AND new.rotated_from IS NULL AND new.rate_limit > coalesce(rate_limit_max, 1000000);
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_renamed AFTER UPDATE OF search_text ON api_keys
WHEN old.search_text <> new.search_text
BEGIN
	DELETE FROM api_key_search WHERE rowid = new.search_no;
	INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_ends_changed AFTER UPDATE OF expires_at, revoked_at, revoke_at ON api_keys
WHEN old.expires_at IS NOT new.expires_at OR old.revoked_at IS NOT new.revoked_at OR old.revoke_at IS NOT new.revoke_at
BEGIN
	UPDATE api_keys SET settled_at = settled_at WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_removed BEFORE DELETE ON api_keys
BEGIN
	DELETE FROM api_key_search WHERE rowid = old.search_no;
	UPDATE api_key_counts SET keys = keys - 1
	WHERE tenant_id = old.tenant_id AND environment = old.environment AND standing = old.standing;
	UPDATE quotas SET api_keys = api_keys - 1, stored_bytes = stored_bytes - 2000 WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint

-- 4. Leads.
CREATE TRIGGER leads_added AFTER INSERT ON leads
BEGIN
	UPDATE leads SET search_no = (SELECT coalesce(max(search_no), 0) + 1 FROM leads) WHERE id = new.id;
	INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents WHERE id = new.id;
	UPDATE quotas SET leads = leads + 1,
		stored_bytes = stored_bytes + (SELECT bytes FROM lead_bytes WHERE id = new.id)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_changed AFTER UPDATE OF search_text, name, email, phone, company, position, source, tags, custom_fields
ON leads
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes
		+ 4 * octet_length(new.search_text) + octet_length(new.name) + coalesce(octet_length(new.email), 0)
		+ coalesce(octet_length(new.phone), 0) + coalesce(octet_length(new.company), 0)
		+ coalesce(octet_length(new.position), 0) + 3 * coalesce(octet_length(new.source), 0)
		+ octet_length(new.tags) + octet_length(new.custom_fields)
		- 4 * octet_length(old.search_text) - octet_length(old.name) + coalesce(octet_length(old.email), 0)
		- coalesce(octet_length(old.phone), 0) - coalesce(octet_length(old.company), 0)
		- coalesce(octet_length(old.position), 0) - 3 * coalesce(octet_length(old.source), 0)
		- octet_length(old.tags) - octet_length(old.custom_fields)
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_reindexed AFTER UPDATE OF search_text, status, source ON leads
WHEN old.search_text <> new.search_text OR old.status <> new.status OR old.source IS NOT new.source
BEGIN
	DELETE FROM lead_search WHERE rowid = new.search_no;
	INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_removed BEFORE DELETE ON leads
BEGIN
	DELETE FROM lead_search WHERE rowid = old.search_no;
	UPDATE quotas SET leads = leads - 1,
		stored_bytes = stored_bytes - (SELECT bytes FROM lead_bytes WHERE id = old.id)
	WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint

-- 5. Rows that exist already. Text is folded anew, in portions, by the scheduled run (services/text.ts); until then
-- names are sorted by this.
INSERT INTO quotas (tenant_id) SELECT id FROM tenants;
--> statement-breakpoint
UPDATE quotas SET
	api_keys = (SELECT count(*) FROM api_keys WHERE api_keys.tenant_id = quotas.tenant_id),
	users = (SELECT count(*) FROM users WHERE users.tenant_id = quotas.tenant_id),
	collaborators = (SELECT count(*) FROM collaborators WHERE collaborators.tenant_id = quotas.tenant_id),
	activities = (SELECT count(*) FROM activities WHERE activities.tenant_id = quotas.tenant_id),
	leads = (SELECT count(*) FROM leads WHERE leads.tenant_id = quotas.tenant_id);
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
INSERT INTO api_key_counts (tenant_id, environment, standing, keys)
SELECT tenant_id, environment, standing, count(*) FROM api_keys GROUP BY tenant_id, environment, standing;
--> statement-breakpoint
UPDATE api_keys SET settled_at = created_at - 10000, name_sort = lower(name);
--> statement-breakpoint
UPDATE api_keys SET search_no = -search_no;
--> statement-breakpoint
UPDATE api_keys SET search_no = numbered.no FROM (
	SELECT id, row_number() OVER (ORDER BY created_at, id) AS no FROM api_keys
) numbered WHERE numbered.id = api_keys.id;
--> statement-breakpoint
INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents;
--> statement-breakpoint
UPDATE leads SET search_no = -search_no;
--> statement-breakpoint
UPDATE leads SET search_no = numbered.no FROM (
	SELECT id, row_number() OVER (ORDER BY created_at, id) AS no FROM leads
) numbered WHERE numbered.id = leads.id;
--> statement-breakpoint
INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents;
