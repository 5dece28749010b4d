CREATE TABLE `api_key_counts` (
	`tenant_id` text NOT NULL,
	`environment` text NOT NULL,
	`standing` integer NOT NULL,
	`keys` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `environment`, `standing`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `job_items` (
	`job_id` text NOT NULL,
	`position` integer NOT NULL,
	`key_id` text NOT NULL,
	`outcome` text,
	`error` text,
	`claimed_at` integer,
	PRIMARY KEY(`job_id`, `position`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_items_open` ON `job_items` (`job_id`,`position`) WHERE outcome is null;--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`total` integer NOT NULL,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`finished_at` integer,
	`actor` text NOT NULL,
	`actor_email` text,
	`ip` text,
	`user_agent` text,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `jobs_by_created` ON `jobs` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_running` ON `jobs` (`updated_at`) WHERE state = 'running';--> statement-breakpoint
CREATE TABLE `quotas` (
	`tenant_no` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`api_keys` integer DEFAULT 0 NOT NULL,
	`users` integer DEFAULT 0 NOT NULL,
	`collaborators` integer DEFAULT 0 NOT NULL,
	`activities` integer DEFAULT 0 NOT NULL,
	`leads` integer DEFAULT 0 NOT NULL,
	`stored_bytes` integer DEFAULT 0 NOT NULL,
	`api_keys_max` integer,
	`users_max` integer,
	`collaborators_max` integer,
	`activities_max` integer,
	`leads_max` integer,
	`stored_bytes_max` integer,
	`rate_limit_max` integer,
	`management_calls_per_minute_max` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `quotas_tenant_id_unique` ON `quotas` (`tenant_id`);--> statement-breakpoint
DROP INDEX `api_keys_by_expiry`;--> statement-breakpoint
DROP INDEX `api_keys_by_name`;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `name_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `text_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `ends_at` integer GENERATED ALWAYS AS (min(coalesce(expires_at, 9000000000000000), coalesce(revoke_at, 9000000000000000))) VIRTUAL;--> statement-breakpoint
CREATE INDEX `api_keys_by_end` ON `api_keys` (`tenant_id`,`environment`,`standing`,`ends_at`,`id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_rotation` ON `api_keys` (`tenant_id`,`environment`,`created_at`,`id`) WHERE rotated_to is not null and revoked_at is null;--> statement-breakpoint
CREATE INDEX `api_keys_by_old_text` ON `api_keys` (`id`) WHERE text_version < 1;--> statement-breakpoint
CREATE INDEX `api_keys_by_name` ON `api_keys` (`tenant_id`,`environment`,`standing`,`name_sort`,`id`);--> statement-breakpoint
ALTER TABLE `api_keys` DROP COLUMN `name_order`;--> statement-breakpoint
ALTER TABLE `leads` ADD `text_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `leads_by_old_text` ON `leads` (`id`) WHERE text_version < 1;