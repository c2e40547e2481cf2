CREATE TABLE `eval_dataset_experiments` (
	`dataset` integer NOT NULL,
	`experiment` integer NOT NULL,
	PRIMARY KEY(`dataset`, `experiment`),
	FOREIGN KEY (`dataset`) REFERENCES `eval_datasets`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `eval_dataset_experiments_by_experiment` ON `eval_dataset_experiments` (`experiment`);--> statement-breakpoint
CREATE TABLE `eval_dataset_records` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`dataset` integer NOT NULL,
	`record_id` text NOT NULL,
	`inputs_hash` text NOT NULL,
	`created_by` text,
	`last_updated_by` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`source_type` text,
	`source_id` text,
	`source_data` text,
	`tags` text NOT NULL,
	`inputs` text NOT NULL,
	`outputs` text,
	`expectations` text,
	FOREIGN KEY (`dataset`) REFERENCES `eval_datasets`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "eval_dataset_records_size" CHECK(octet_length(tags) + octet_length(coalesce(expectations, '')) <= 1000000)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `eval_dataset_records_by_inputs` ON `eval_dataset_records` (`dataset`,`inputs_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `eval_dataset_records_by_record_id` ON `eval_dataset_records` (`dataset`,`record_id`);--> statement-breakpoint
CREATE TABLE `eval_datasets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`dataset_id` text NOT NULL,
	`name` text NOT NULL,
	`digest` text NOT NULL,
	`created_by` text,
	`last_updated_by` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`account` integer,
	`records` integer NOT NULL,
	`tags` text NOT NULL,
	`schema` text,
	CONSTRAINT "eval_datasets_tags" CHECK(octet_length(tags) <= 1000000)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `eval_datasets_by_dataset_id` ON `eval_datasets` (`workspace`,`dataset_id`);--> statement-breakpoint
CREATE TRIGGER `eval_datasets_are_in_a_workspace` BEFORE INSERT ON `eval_datasets`
WHEN NOT EXISTS (SELECT 1 FROM `workspaces` WHERE `name` = new.`workspace` AND `deleted_at_ms` IS NULL) BEGIN
	SELECT raise(ABORT, 'there is no such workspace');
END;
