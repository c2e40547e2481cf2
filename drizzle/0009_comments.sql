CREATE TABLE `version_comments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`model_version` integer NOT NULL,
	`author` text NOT NULL,
	`text` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `version_comments_by_version` ON `version_comments` (`model_version`,`id`);
--> statement-breakpoint
ALTER TABLE `webhooks` ADD `databricks` text;
