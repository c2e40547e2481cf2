CREATE TABLE `serving_replicas` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`registered_model` integer NOT NULL,
	`replica` text NOT NULL,
	`uri` text NOT NULL,
	`host` text NOT NULL,
	`reporter` text NOT NULL,
	`account` integer,
	`version` integer,
	`digest` text,
	`live_at_ms` integer,
	`failed_version` integer,
	`failed_message` text,
	`failed_at_ms` integer,
	`seen_at_ms` integer NOT NULL,
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `serving_replicas_by_name` ON `serving_replicas` (`registered_model`,`replica`);--> statement-breakpoint
CREATE INDEX `serving_replicas_by_version` ON `serving_replicas` (`registered_model`,`version`);