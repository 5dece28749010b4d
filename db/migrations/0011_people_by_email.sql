-- Identifies collaborators by their email, and activities by `external_id`. Why, and where the old fields went:
-- docs/decisions/people-by-email.md.
--
-- It renames and drops columns instead of keeping them for one release, because no release has been deployed with them:
-- CHANGELOG.md starts after this migration.

DROP TRIGGER collaborators_counted;--> statement-breakpoint
DROP TRIGGER collaborators_recounted;--> statement-breakpoint
DROP TRIGGER collaborators_uncounted;--> statement-breakpoint
DROP TRIGGER activities_counted;--> statement-breakpoint
DROP TRIGGER activities_uncounted;--> statement-breakpoint

-- 1. Collaborators. `lower` folds ASCII only, which is all that earlier versions accepted in an email.
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
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`merged_into`) REFERENCES `collaborators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
DROP INDEX `collaborators_by_external_id`;--> statement-breakpoint
ALTER TABLE `collaborators` ADD `email_folded` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `collaborators` ADD `phone` text;--> statement-breakpoint
ALTER TABLE `collaborators` ADD `document` text;--> statement-breakpoint
ALTER TABLE `collaborators` ADD `metadata` text;--> statement-breakpoint
ALTER TABLE `collaborators` ADD `bytes` integer GENERATED ALWAYS AS (250 + octet_length(external_id) + octet_length(name) + octet_length(email) + 2 * octet_length(email_folded) + coalesce(octet_length(phone), 0) + coalesce(octet_length(document), 0) + coalesce(octet_length(team), 0) + coalesce(octet_length(role), 0) + coalesce(octet_length(metadata), 0)) VIRTUAL;--> statement-breakpoint
UPDATE collaborators SET email_folded = lower(email);
--> statement-breakpoint
-- Of the rows with the same email, the one that was sent last is the person.
INSERT INTO merged_collaborators
SELECT id, tenant_id, environment, created_at, written_by, external_id, name, email, team, role, updated_at, person
FROM (
	SELECT *, first_value(id) OVER (
		PARTITION BY tenant_id, environment, email_folded ORDER BY updated_at DESC, id DESC
	) AS person
	FROM collaborators
)
WHERE id <> person;
--> statement-breakpoint
UPDATE activities SET collaborator_id = merged_into
FROM merged_collaborators WHERE merged_collaborators.id = collaborator_id;
--> statement-breakpoint
DELETE FROM collaborators WHERE id IN (SELECT id FROM merged_collaborators);
--> statement-breakpoint
CREATE UNIQUE INDEX `collaborators_by_email` ON `collaborators` (`tenant_id`,`environment`,`email_folded`);
--> statement-breakpoint

-- 2. Activities. One that had no `reference` gets its own id.
DROP INDEX `activities_by_reference`;--> statement-breakpoint
ALTER TABLE `activities` RENAME COLUMN `activity` TO `activity_code`;--> statement-breakpoint
ALTER TABLE `activities` ADD `external_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `activities` ADD `data` text;--> statement-breakpoint
ALTER TABLE `activities` ADD `bytes` integer GENERATED ALWAYS AS (200 + 2 * octet_length(external_id) + coalesce(octet_length(data), 0)) VIRTUAL;--> statement-breakpoint
UPDATE activities SET
	external_id = coalesce(reference, id),
	-- A whole number is written without a fraction.
	data = json_object('quantity', iif(quantity = CAST(quantity AS integer), CAST(quantity AS integer), quantity));
--> statement-breakpoint
ALTER TABLE `activities` DROP COLUMN `quantity`;--> statement-breakpoint
ALTER TABLE `activities` DROP COLUMN `reference`;--> statement-breakpoint
CREATE UNIQUE INDEX `activities_by_external_id` ON `activities` (`tenant_id`,`environment`,`external_id`);
--> statement-breakpoint

-- 3. Quotas. A tenant may have more bytes by the new columns than its quota; `quotas_checked` would reject them.
UPDATE quotas SET
	collaborators = (SELECT count(*) FROM collaborators WHERE collaborators.tenant_id = quotas.tenant_id),
	stored_bytes = min(
		2000 * api_keys + 500 * users
			+ coalesce((SELECT sum(bytes) FROM collaborators WHERE collaborators.tenant_id = quotas.tenant_id), 0)
			+ coalesce((SELECT sum(bytes) FROM activities WHERE activities.tenant_id = quotas.tenant_id), 0)
			+ coalesce((SELECT sum(bytes) FROM lead_bytes JOIN leads USING (id) WHERE leads.tenant_id = quotas.tenant_id), 0),
		max(stored_bytes, coalesce(stored_bytes_max, 1073741824))
	);
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
