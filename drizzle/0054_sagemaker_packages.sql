CREATE TABLE `model_packages` (
	`model_version` integer PRIMARY KEY NOT NULL,
	`given` text NOT NULL,
	`request_key` text,
	`request_hash` text,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `model_packages_by_request` ON `model_packages` (`request_key`);--> statement-breakpoint
ALTER TABLE `tokens` ADD `aws_key_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_by_aws_key_id` ON `tokens` (`aws_key_id`);