-- Lists of leads by owner and team, in further orders, with totals. Why: docs/decisions/lead-lists.md.

CREATE TABLE `lead_counts` (
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`status` text NOT NULL,
	`leads` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `environment`, `status`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `leads` ADD `owner_id` text;--> statement-breakpoint
ALTER TABLE `leads` ADD `team_id` text;--> statement-breakpoint
ALTER TABLE `leads` ADD `name_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
-- The scheduled run makes the text again (services/text.ts). Until then, names are sorted by this.
UPDATE leads SET name_sort = lower(name), text_version = 0;
--> statement-breakpoint
CREATE INDEX `leads_by_status_updated` ON `leads` (`tenant_id`,`environment`,`status`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_status_name` ON `leads` (`tenant_id`,`environment`,`status`,`name_sort`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_updated` ON `leads` (`tenant_id`,`environment`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_name` ON `leads` (`tenant_id`,`environment`,`name_sort`,`id`);--> statement-breakpoint
CREATE INDEX `leads_by_owner` ON `leads` (`tenant_id`,`environment`,`owner_id`,`created_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_owner_status` ON `leads` (`tenant_id`,`environment`,`owner_id`,`status`,`created_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_owner_updated` ON `leads` (`tenant_id`,`environment`,`owner_id`,`updated_at`,`id`) WHERE owner_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team` ON `leads` (`tenant_id`,`environment`,`team_id`,`created_at`,`id`) WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team_status` ON `leads` (`tenant_id`,`environment`,`team_id`,`status`,`created_at`,`id`) WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX `leads_by_team_updated` ON `leads` (`tenant_id`,`environment`,`team_id`,`updated_at`,`id`) WHERE team_id is not null;
--> statement-breakpoint
INSERT INTO lead_counts (tenant_id, environment, status, leads)
SELECT tenant_id, environment, status, count(*) FROM leads GROUP BY tenant_id, environment, status;
--> statement-breakpoint
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
--> statement-breakpoint
DROP TRIGGER tenants_removed;
--> statement-breakpoint
CREATE TRIGGER tenants_removed BEFORE DELETE ON tenants
BEGIN
	DELETE FROM quotas WHERE tenant_id = old.id;
	DELETE FROM api_key_counts WHERE tenant_id = old.id;
	DELETE FROM lead_counts WHERE tenant_id = old.id;
END;
