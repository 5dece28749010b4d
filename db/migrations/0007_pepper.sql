ALTER TABLE `api_keys` ADD `pepper_id` text;--> statement-breakpoint
CREATE INDEX `api_keys_by_pepper` ON `api_keys` (`tenant_id`,`environment`,`pepper_id`);