CREATE INDEX `activities_by_collaborator` ON `activities` (`collaborator_id`);--> statement-breakpoint
CREATE INDEX `merged_collaborators_by_person` ON `merged_collaborators` (`merged_into`);