CREATE TABLE `canary_runs` (
	`minute` integer PRIMARY KEY NOT NULL,
	`error` text,
	`refused_after_ms` integer,
	`late_admissions` integer,
	`rate_limit` integer,
	`admitted` integer,
	`admission_ms` text
);
--> statement-breakpoint
CREATE TABLE `service_state` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unlisted_keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `unlisted_keys_by_tenant` ON `unlisted_keys` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `usage_daily` (
	`key_id` text NOT NULL,
	`day` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`allowed` integer NOT NULL,
	`rate_limited` integer NOT NULL,
	`denied` integer NOT NULL,
	PRIMARY KEY(`key_id`, `day`),
	FOREIGN KEY (`key_id`) REFERENCES `api_keys`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `tenants` ADD `location_hint` text;