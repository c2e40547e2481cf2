CREATE TABLE `serving_failure_counts` (
	`registered_model` integer NOT NULL,
	`account` integer NOT NULL,
	`since_ms` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`registered_model`, `account`),
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `deployments` ADD `account` integer;--> statement-breakpoint
ALTER TABLE `serving_replicas` ADD `failed_told` integer DEFAULT 0 NOT NULL;