-- What lists find rows by, kept by the database itself in step with the rows: nobody who writes a key or a lead has to
-- know of it. Instants are milliseconds since the epoch, as everywhere.

-- 1. Search. The text is indexed by its pieces of three characters, each in hex (so that no character means anything to
-- the tokenizer), from every position on; the last two are shorter. A term of three characters or more is found by all of
-- its pieces, a shorter one by the beginning of a piece. What else is asked for together with search is a token too.
CREATE VIRTUAL TABLE api_key_search USING fts5(
	pieces, content='', contentless_delete=1, detail='none', tokenize='ascii', prefix='2 4'
);
--> statement-breakpoint
CREATE VIRTUAL TABLE lead_search USING fts5(
	pieces, content='', contentless_delete=1, detail='none', tokenize='ascii', prefix='2 4'
);
--> statement-breakpoint
CREATE VIEW api_key_search_documents AS
SELECT id, search_no, environment || ' ' || coalesce((
	SELECT group_concat(hex(substr(search_text, place.key + 1, 3)), ' ')
	-- One element for each character.
	FROM json_each('[' || substr(replace(hex(zeroblob(length(search_text))), '00', ',0'), 2) || ']') place
), '') AS pieces
FROM api_keys;
--> statement-breakpoint
CREATE VIEW lead_search_documents AS
SELECT id, search_no, environment || ' status' || status || coalesce(' source' || hex(source), '') || ' ' || coalesce((
	SELECT group_concat(hex(substr(search_text, place.key + 1, 3)), ' ')
	FROM json_each('[' || substr(replace(hex(zeroblob(length(search_text))), '00', ',0'), 2) || ']') place
), '') AS pieces
FROM leads;
--> statement-breakpoint

-- 2. Counts. How many keys of a tenant are active, revoked, expired or expiring soon changes at instants that are known
-- in advance. A step says by how much each changes when; the sum of all steps up to an instant are the counts of it.
-- The rule is that of `statusOf`, and 1209600000 is EXPIRING_SOON_DAYS.
CREATE VIEW api_key_steps AS
SELECT id, tenant_id, environment, -1 AS at,
	revoked_at IS NULL AS active, revoked_at IS NOT NULL AS revoked, 0 AS expired, 0 AS expiring_soon
FROM api_keys
UNION ALL
SELECT id, tenant_id, environment, max(expires_at - 1209600000, 0), 0, 0, 0, 1
FROM api_keys
WHERE revoked_at IS NULL AND expires_at IS NOT NULL AND (revoke_at IS NULL OR expires_at - 1209600000 < revoke_at)
UNION ALL
SELECT id, tenant_id, environment, min(coalesce(expires_at, revoke_at), coalesce(revoke_at, expires_at)),
	-1,
	revoke_at IS NOT NULL AND (expires_at IS NULL OR revoke_at <= expires_at),
	expires_at IS NOT NULL AND (revoke_at IS NULL OR expires_at < revoke_at),
	-(expires_at IS NOT NULL AND (revoke_at IS NULL OR expires_at - 1209600000 < revoke_at))
FROM api_keys
WHERE revoked_at IS NULL AND (expires_at IS NOT NULL OR revoke_at IS NOT NULL)
UNION ALL
SELECT id, tenant_id, environment, revoke_at, 0, 1, -1, 0
FROM api_keys
WHERE revoked_at IS NULL AND expires_at < revoke_at;
--> statement-breakpoint
-- So that no sum takes more than a few rows, steps are added up by spans of 2^0, 2^4 … 2^36 milliseconds: whatever the
-- instant, at most fifteen spans of each size lie between the beginning of the next larger one and it.
CREATE TABLE api_key_tallies (
	tenant_id text NOT NULL,
	/** Size, as a power of two. */
	span integer NOT NULL,
	/** Which one of its size: its first instant, shifted. Of the largest, -1 is what holds from the beginning. */
	bucket integer NOT NULL,
	environment text NOT NULL,
	active integer NOT NULL,
	revoked integer NOT NULL,
	expired integer NOT NULL,
	expiring_soon integer NOT NULL,
	PRIMARY KEY (tenant_id, span, bucket, environment)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE VIEW api_key_tally_parts AS
SELECT step.id, tenant_id, span.value AS span, at >> span.value AS bucket, environment,
	active, revoked, expired, expiring_soon
FROM api_key_steps step CROSS JOIN json_each('[0,4,8,12,16,20,24,28,32,36]') span
WHERE at >= 0 OR span.value = 36;
--> statement-breakpoint

-- 3. Standing, which keys are listed by. A new key is settled as of ten seconds before (SETTLED_AFTER_MS in
-- key-order.ts), for no clock that lists it is further behind.
CREATE TRIGGER api_keys_settle AFTER UPDATE OF settled_at ON api_keys
BEGIN
	UPDATE api_keys SET
		standing = CASE
			WHEN revoked_at IS NOT NULL OR revoke_at <= settled_at THEN 3
			WHEN expires_at <= settled_at THEN 2
			WHEN expires_at - 1209600000 <= settled_at THEN 1
			ELSE 0
		END,
		turns_at = CASE WHEN revoked_at IS NULL AND (revoke_at IS NULL OR revoke_at > settled_at) THEN nullif(min(
			iif(expires_at - 1209600000 > settled_at, expires_at - 1209600000, 9e15),
			iif(expires_at > settled_at, expires_at, 9e15),
			iif(revoke_at > settled_at, revoke_at, 9e15)
		), 9e15) END
	WHERE id = new.id;
END;
--> statement-breakpoint

CREATE TRIGGER api_keys_added AFTER INSERT ON api_keys
BEGIN
	UPDATE api_keys SET
		settled_at = created_at - 10000,
		search_no = coalesce(
			(
				SELECT search_no + 1 FROM api_keys
				WHERE search_no < (((
					SELECT search_no FROM api_keys WHERE tenant_id = new.tenant_id AND search_no IS NOT NULL LIMIT 1
				) >> 32) + 1) << 32
				ORDER BY search_no DESC LIMIT 1
			),
			((coalesce((SELECT max(search_no) FROM api_keys), 0) >> 32) + 1) << 32
		)
	WHERE id = new.id;
	INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents WHERE id = new.id;
	INSERT INTO api_key_tallies
	SELECT tenant_id, span, bucket, environment, active, revoked, expired, expiring_soon
	FROM api_key_tally_parts WHERE id = new.id
	ON CONFLICT DO UPDATE SET active = active + excluded.active, revoked = revoked + excluded.revoked,
		expired = expired + excluded.expired, expiring_soon = expiring_soon + excluded.expiring_soon;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_renamed AFTER UPDATE OF search_text ON api_keys
WHEN old.search_text IS NOT new.search_text
BEGIN
	DELETE FROM api_key_search WHERE rowid = new.search_no;
	INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_ends_change BEFORE UPDATE OF expires_at, revoked_at, revoke_at ON api_keys
WHEN old.expires_at IS NOT new.expires_at OR old.revoked_at IS NOT new.revoked_at OR old.revoke_at IS NOT new.revoke_at
BEGIN
	INSERT INTO api_key_tallies
	SELECT tenant_id, span, bucket, environment, -active, -revoked, -expired, -expiring_soon
	FROM api_key_tally_parts WHERE id = old.id
	ON CONFLICT DO UPDATE SET active = active + excluded.active, revoked = revoked + excluded.revoked,
		expired = expired + excluded.expired, expiring_soon = expiring_soon + excluded.expiring_soon;
	DELETE FROM api_key_tallies
	WHERE tenant_id = old.tenant_id
		AND (span, bucket) IN (SELECT span, bucket FROM api_key_tally_parts WHERE id = old.id)
		AND active = 0 AND revoked = 0 AND expired = 0 AND expiring_soon = 0;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_ends_changed AFTER UPDATE OF expires_at, revoked_at, revoke_at ON api_keys
WHEN old.expires_at IS NOT new.expires_at OR old.revoked_at IS NOT new.revoked_at OR old.revoke_at IS NOT new.revoke_at
BEGIN
	INSERT INTO api_key_tallies
	SELECT tenant_id, span, bucket, environment, active, revoked, expired, expiring_soon
	FROM api_key_tally_parts WHERE id = new.id
	ON CONFLICT DO UPDATE SET active = active + excluded.active, revoked = revoked + excluded.revoked,
		expired = expired + excluded.expired, expiring_soon = expiring_soon + excluded.expiring_soon;
	UPDATE api_keys SET settled_at = settled_at WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER api_keys_removed BEFORE DELETE ON api_keys
BEGIN
	DELETE FROM api_key_search WHERE rowid = old.search_no;
	INSERT INTO api_key_tallies
	SELECT tenant_id, span, bucket, environment, -active, -revoked, -expired, -expiring_soon
	FROM api_key_tally_parts WHERE id = old.id
	ON CONFLICT DO UPDATE SET active = active + excluded.active, revoked = revoked + excluded.revoked,
		expired = expired + excluded.expired, expiring_soon = expiring_soon + excluded.expiring_soon;
	DELETE FROM api_key_tallies
	WHERE tenant_id = old.tenant_id
		AND (span, bucket) IN (SELECT span, bucket FROM api_key_tally_parts WHERE id = old.id)
		AND active = 0 AND revoked = 0 AND expired = 0 AND expiring_soon = 0;
END;
--> statement-breakpoint

CREATE TRIGGER leads_added AFTER INSERT ON leads
BEGIN
	UPDATE leads SET search_no = coalesce(
		(
			SELECT search_no + 1 FROM leads
			WHERE search_no < (((
				SELECT search_no FROM leads WHERE tenant_id = new.tenant_id AND search_no IS NOT NULL LIMIT 1
			) >> 32) + 1) << 32
			ORDER BY search_no DESC LIMIT 1
		),
		((coalesce((SELECT max(search_no) FROM leads), 0) >> 32) + 1) << 32
	)
	WHERE id = new.id;
	INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_changed AFTER UPDATE OF search_text, status, source ON leads
WHEN old.search_text IS NOT new.search_text OR old.status IS NOT new.status OR old.source IS NOT new.source
BEGIN
	DELETE FROM lead_search WHERE rowid = new.search_no;
	INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents WHERE id = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_removed BEFORE DELETE ON leads
BEGIN
	DELETE FROM lead_search WHERE rowid = old.search_no;
END;
--> statement-breakpoint

-- 4. What is there already.
UPDATE api_keys SET search_no = numbered.no FROM (
	SELECT id, (dense_rank() OVER (ORDER BY tenant_id) << 32)
		+ row_number() OVER (PARTITION BY tenant_id ORDER BY created_at, id) AS no
	FROM api_keys
) numbered WHERE numbered.id = api_keys.id;
--> statement-breakpoint
UPDATE api_keys SET settled_at = created_at - 10000;
--> statement-breakpoint
INSERT INTO api_key_search (rowid, pieces) SELECT search_no, pieces FROM api_key_search_documents;
--> statement-breakpoint
INSERT INTO api_key_tallies
SELECT tenant_id, span, bucket, environment, sum(active), sum(revoked), sum(expired), sum(expiring_soon)
FROM api_key_tally_parts GROUP BY tenant_id, span, bucket, environment;
--> statement-breakpoint
UPDATE leads SET search_no = numbered.no FROM (
	SELECT id, (dense_rank() OVER (ORDER BY tenant_id) << 32)
		+ row_number() OVER (PARTITION BY tenant_id ORDER BY created_at, id) AS no
	FROM leads
) numbered WHERE numbered.id = leads.id;
--> statement-breakpoint
INSERT INTO lead_search (rowid, pieces) SELECT search_no, pieces FROM lead_search_documents;
