DROP INDEX `api_keys_by_state`;--> statement-breakpoint
DROP INDEX `api_keys_by_created`;--> statement-breakpoint
DROP INDEX `api_keys_by_last_used`;--> statement-breakpoint
DROP INDEX `api_keys_by_usage`;--> statement-breakpoint
DROP INDEX `api_keys_by_name`;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `settled_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `standing` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `turns_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `name_order` text GENERATED ALWAYS AS (lower(name)) VIRTUAL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `search_no` integer;--> statement-breakpoint
CREATE INDEX `api_keys_by_turn` ON `api_keys` (`tenant_id`,`turns_at`) WHERE turns_at is not null;--> statement-breakpoint
CREATE INDEX `api_keys_by_expiry` ON `api_keys` (`tenant_id`,`environment`,`expires_at`) WHERE expires_at is not null and revoked_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_by_search_no` ON `api_keys` (`search_no`);--> statement-breakpoint
CREATE INDEX `api_keys_by_created` ON `api_keys` (`tenant_id`,`environment`,`standing`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_last_used` ON `api_keys` (`tenant_id`,`environment`,`standing`,`last_used_at`,`id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_usage` ON `api_keys` (`tenant_id`,`environment`,`standing`,`usage_count`,`id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_name` ON `api_keys` (`tenant_id`,`environment`,`standing`,`name_order`,`id`);--> statement-breakpoint
DROP INDEX `audit_events_by_key`;--> statement-breakpoint
DROP INDEX `audit_events_by_actor`;--> statement-breakpoint
DROP INDEX `audit_events_by_email`;--> statement-breakpoint
CREATE INDEX `audit_events_by_key_actor` ON `audit_events` (`tenant_id`,`key_id`,`actor`,`action`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_key_email` ON `audit_events` (`tenant_id`,`key_id`,actor_email collate nocase,`action`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_key` ON `audit_events` (`tenant_id`,`key_id`,`action`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_actor` ON `audit_events` (`tenant_id`,`actor`,`action`,`at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_email` ON `audit_events` (`tenant_id`,actor_email collate nocase,`action`,`at`,`id`);--> statement-breakpoint
ALTER TABLE `leads` ADD `search_no` integer;--> statement-breakpoint
CREATE INDEX `leads_by_status_source` ON `leads` (`tenant_id`,`environment`,`status`,`source`,`created_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `leads_by_search_no` ON `leads` (`search_no`);