CREATE TABLE `deployments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`registered_model` integer NOT NULL,
	`revision` integer NOT NULL,
	`split` text NOT NULL,
	`updated_by` text NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deployments_by_name` ON `deployments` (`workspace`,`name`);--> statement-breakpoint
CREATE INDEX `deployments_by_model` ON `deployments` (`registered_model`,`name`);