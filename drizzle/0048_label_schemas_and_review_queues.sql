CREATE TABLE `label_schemas` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`schema_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`instruction` text,
	`enable_comment` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`input` text NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `label_schemas_by_schema_id` ON `label_schemas` (`schema_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `label_schemas_by_name` ON `label_schemas` (`experiment`,`name`);--> statement-breakpoint
CREATE INDEX `label_schemas_newest_first` ON `label_schemas` (`experiment`,`id`);--> statement-breakpoint
CREATE TABLE `review_items` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`queue` integer NOT NULL,
	`trace` integer NOT NULL,
	`status` text NOT NULL,
	`completed_by` text,
	`completed_at_ms` integer,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`queue`) REFERENCES `review_queues`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`trace`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `review_items_by_trace` ON `review_items` (`queue`,`trace`);--> statement-breakpoint
CREATE INDEX `review_items_in_order` ON `review_items` (`queue`,`id`);--> statement-breakpoint
CREATE INDEX `review_items_of_trace` ON `review_items` (`trace`);--> statement-breakpoint
CREATE TABLE `review_queues` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`queue_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`folded` text NOT NULL,
	`type` text NOT NULL,
	`created_by` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`users` text NOT NULL,
	`schema_ids` text NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `review_queues_by_queue_id` ON `review_queues` (`queue_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `review_queues_by_name` ON `review_queues` (`experiment`,`folded`);--> statement-breakpoint
CREATE INDEX `review_queues_newest_first` ON `review_queues` (`experiment`,`id`);