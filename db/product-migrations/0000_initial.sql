-- What integrations write, as the migrations 0000 to 0020 of the database of the keys left it there, without the foreign keys to
-- tenants. Why: docs/decisions/product-database.md. The triggers at the end are written by hand.

CREATE TABLE `activities` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`created_at` integer NOT NULL,
	`written_by` text NOT NULL,
	`collaborator_id` text NOT NULL,
	`activity_code` text NOT NULL,
	`occurred_at` integer NOT NULL,
	`external_id` text DEFAULT '' NOT NULL,
	`data` text,
	`bytes` integer GENERATED ALWAYS AS (200 + 2 * octet_length(external_id) + coalesce(octet_length(data), 0)) VIRTUAL,
	FOREIGN KEY (`collaborator_id`) REFERENCES `collaborators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `activities_by_external_id` ON `activities` (`tenant_id`,`environment`,`external_id`);--> statement-breakpoint
CREATE INDEX `activities_by_collaborator` ON `activities` (`collaborator_id`);--> statement-breakpoint
CREATE TABLE `collaborators` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`created_at` integer NOT NULL,
	`written_by` text NOT NULL,
	`external_id` text NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`team` text,
	`role` text,
	`updated_at` integer NOT NULL,
	`email_folded` text DEFAULT '' NOT NULL,
	`phone` text,
	`document` text,
	`metadata` text,
	`bytes` integer GENERATED ALWAYS AS (250 + octet_length(external_id) + octet_length(name) + octet_length(email) + 2 * octet_length(email_folded) + coalesce(octet_length(phone), 0) + coalesce(octet_length(document), 0) + coalesce(octet_length(team), 0) + coalesce(octet_length(role), 0) + coalesce(octet_length(metadata), 0)) VIRTUAL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `collaborators_by_email` ON `collaborators` (`tenant_id`,`environment`,`email_folded`);--> statement-breakpoint
CREATE TABLE `lead_counts` (
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`status` text NOT NULL,
	`leads` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `environment`, `status`)
);
--> statement-breakpoint
CREATE TABLE `leads` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`created_at` integer NOT NULL,
	`written_by` text NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`phone` text,
	`company` text,
	`position` text,
	`source` text,
	`status` text NOT NULL,
	`tags` text NOT NULL,
	`custom_fields` text NOT NULL,
	`search_text` text NOT NULL,
	`text_version` integer DEFAULT 0 NOT NULL,
	`updated_at` integer NOT NULL,
	`owner_id` text,
	`team_id` text,
	`name_sort` text DEFAULT '' NOT NULL,
	`search_no` integer,
	`bytes` integer GENERATED ALWAYS AS (600 + 4 * octet_length(search_text) + octet_length(name) + coalesce(octet_length(email), 0) + coalesce(octet_length(phone), 0) + coalesce(octet_length(company), 0) + coalesce(octet_length(position), 0) + 3 * coalesce(octet_length(source), 0) + octet_length(tags) + octet_length(custom_fields)) VIRTUAL
);
--> statement-breakpoint
CREATE INDEX `leads_by_created` ON `leads` (`tenant_id`,`environment`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_status` ON `leads` (`tenant_id`,`environment`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_source` ON `leads` (`tenant_id`,`environment`,`source`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_status_source` ON `leads` (`tenant_id`,`environment`,`status`,`source`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_status_updated` ON `leads` (`tenant_id`,`environment`,`status`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_status_name` ON `leads` (`tenant_id`,`environment`,`status`,`name_sort`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_updated` ON `leads` (`tenant_id`,`environment`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_name` ON `leads` (`tenant_id`,`environment`,`name_sort`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_owner` ON `leads` (`tenant_id`,`environment`,`owner_id`,`created_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_owner_status` ON `leads` (`tenant_id`,`environment`,`owner_id`,`status`,`created_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_owner_updated` ON `leads` (`tenant_id`,`environment`,`owner_id`,`updated_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team` ON `leads` (`tenant_id`,`environment`,`team_id`,`created_at`,`id`) WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team_status` ON `leads` (`tenant_id`,`environment`,`team_id`,`status`,`created_at`,`id`) WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team_updated` ON `leads` (`tenant_id`,`environment`,`team_id`,`updated_at`,`id`) WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_old_text` ON `leads` (`id`) WHERE text_version < 1;--> statement-breakpoint
CREATE UNIQUE INDEX `leads_by_search_no` ON `leads` (`search_no`);--> statement-breakpoint
CREATE TABLE `merged_collaborators` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`created_at` integer NOT NULL,
	`written_by` text NOT NULL,
	`external_id` text NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`team` text,
	`role` text,
	`updated_at` integer NOT NULL,
	`merged_into` text NOT NULL,
	FOREIGN KEY (`merged_into`) REFERENCES `collaborators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `merged_collaborators_by_person` ON `merged_collaborators` (`merged_into`);--> statement-breakpoint
CREATE TABLE `quotas` (
	`tenant_no` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`collaborators` integer DEFAULT 0 NOT NULL,
	`activities` integer DEFAULT 0 NOT NULL,
	`leads` integer DEFAULT 0 NOT NULL,
	`stored_bytes` integer DEFAULT 0 NOT NULL,
	`collaborators_max` integer,
	`activities_max` integer,
	`leads_max` integer,
	`stored_bytes_max` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `quotas_tenant_id_unique` ON `quotas` (`tenant_id`);
--> statement-breakpoint

-- 1. Quotas. The tenant's row is made with its first row in any table: activities belong to a collaborator. A limit that the
-- platform sets earlier makes it too.
CREATE TRIGGER collaborators_of_new_tenants BEFORE INSERT ON collaborators
WHEN NOT EXISTS (SELECT 1 FROM quotas WHERE tenant_id = new.tenant_id)
BEGIN
	INSERT INTO quotas (tenant_id) VALUES (new.tenant_id);
END;
--> statement-breakpoint
CREATE TRIGGER leads_of_new_tenants BEFORE INSERT ON leads
WHEN NOT EXISTS (SELECT 1 FROM quotas WHERE tenant_id = new.tenant_id)
BEGIN
	INSERT INTO quotas (tenant_id) VALUES (new.tenant_id);
END;
--> statement-breakpoint
-- Rejects the statement, and with it the batch, that exceeds a quota. The numbers are the defaults of db/quotas.ts.
CREATE TRIGGER quotas_checked AFTER UPDATE OF collaborators, activities, leads, stored_bytes ON quotas
WHEN new.stored_bytes > old.stored_bytes
BEGIN
	SELECT CASE
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
CREATE TRIGGER collaborators_counted AFTER INSERT ON collaborators
BEGIN
	UPDATE quotas SET collaborators = collaborators + 1, stored_bytes = stored_bytes + new.bytes
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER collaborators_recounted AFTER UPDATE ON collaborators WHEN new.bytes <> old.bytes
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes + new.bytes - old.bytes WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER collaborators_uncounted AFTER DELETE ON collaborators
BEGIN
	UPDATE quotas SET collaborators = collaborators - 1, stored_bytes = stored_bytes - old.bytes
	WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER activities_counted AFTER INSERT ON activities
BEGIN
	UPDATE quotas SET activities = activities + 1, stored_bytes = stored_bytes + new.bytes
	WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER activities_uncounted AFTER DELETE ON activities
BEGIN
	UPDATE quotas SET activities = activities - 1, stored_bytes = stored_bytes - old.bytes
	WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint
CREATE TRIGGER leads_recounted AFTER UPDATE ON leads WHEN new.bytes <> old.bytes
BEGIN
	UPDATE quotas SET stored_bytes = stored_bytes + new.bytes - old.bytes WHERE tenant_id = new.tenant_id;
END;
--> statement-breakpoint

-- 2. Search. Every position of the text gives three tokens: the one, two and three characters from there, in hex, so that no
-- character has a meaning to the tokenizer. Each token begins with the tenant's number and `l` or `t` for the environment. The
-- number of a row is the tenant's number times 4294967296 (NUMBERS_PER_TENANT in db/search.ts), and the next of the tenant. A
-- token names its span of 32768 rows (SPAN_ROWS). Why: docs/decisions/search.md.
CREATE VIRTUAL TABLE lead_search USING fts5(
	pieces, content='', contentless_delete=1, detail='none', tokenize='ascii'
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
	UPDATE quotas SET leads = leads - 1, stored_bytes = stored_bytes - old.bytes WHERE tenant_id = old.tenant_id;
END;
--> statement-breakpoint

-- 3. Leads by status.
CREATE TRIGGER leads_counted AFTER INSERT ON leads
BEGIN
	INSERT INTO lead_counts (tenant_id, environment, status, leads)
	VALUES (new.tenant_id, new.environment, new.status, 1)
	ON CONFLICT DO UPDATE SET leads = leads + 1;
END;
--> statement-breakpoint
CREATE TRIGGER leads_moved AFTER UPDATE OF status ON leads WHEN old.status <> new.status
BEGIN
	UPDATE lead_counts SET leads = leads - 1
	WHERE tenant_id = old.tenant_id AND environment = old.environment AND status = old.status;
	INSERT INTO lead_counts (tenant_id, environment, status, leads)
	VALUES (new.tenant_id, new.environment, new.status, 1)
	ON CONFLICT DO UPDATE SET leads = leads + 1;
END;
--> statement-breakpoint
CREATE TRIGGER leads_uncounted AFTER DELETE ON leads
BEGIN
	UPDATE lead_counts SET leads = leads - 1
	WHERE tenant_id = old.tenant_id AND environment = old.environment AND status = old.status;
END;
