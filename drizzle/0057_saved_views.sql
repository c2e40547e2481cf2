CREATE TABLE `saved_views` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`experiment` integer NOT NULL,
	`owner` integer,
	`name` text NOT NULL,
	`query` text NOT NULL,
	`is_default` integer NOT NULL,
	`revision` integer NOT NULL,
	`changed_at_ms` integer NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`owner`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `saved_views_by_name` ON `saved_views` (`experiment`,`owner`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `saved_views_by_default` ON `saved_views` (`experiment`,`owner`) WHERE is_default = 1;--> statement-breakpoint
CREATE UNIQUE INDEX `shared_views_by_name` ON `saved_views` (`experiment`,`name`) WHERE owner is null;--> statement-breakpoint
CREATE UNIQUE INDEX `shared_views_by_default` ON `saved_views` (`experiment`) WHERE owner is null and is_default = 1;--> statement-breakpoint
CREATE INDEX `saved_views_by_owner` ON `saved_views` (`owner`);