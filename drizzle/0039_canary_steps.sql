ALTER TABLE `deployments` ADD `next_step_at_ms` integer;--> statement-breakpoint
CREATE INDEX `deployments_by_next_step` ON `deployments` (`next_step_at_ms`) WHERE next_step_at_ms is not null;