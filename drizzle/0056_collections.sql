CREATE TABLE `collection_links` (
	`model_version` integer PRIMARY KEY NOT NULL,
	`collection` integer NOT NULL,
	`source_version` integer NOT NULL,
	`source_workspace` text NOT NULL,
	`source_model` text NOT NULL,
	`source_number` integer NOT NULL,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`collection`) REFERENCES `collections`(`registered_model`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `collection_links_by_source` ON `collection_links` (`source_version`,`collection`);--> statement-breakpoint
CREATE INDEX `collection_links_by_collection` ON `collection_links` (`collection`);--> statement-breakpoint
CREATE TABLE `collections` (
	`registered_model` integer PRIMARY KEY NOT NULL,
	`protect` integer NOT NULL,
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
