CREATE TABLE `trace_word_lists` (
	`id` integer PRIMARY KEY NOT NULL,
	`lists` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `trace_word_packs` (
	`pack` integer PRIMARY KEY NOT NULL,
	`experiment` integer NOT NULL,
	`level` integer NOT NULL,
	`traces_count` integer NOT NULL,
	`members` text NOT NULL,
	FOREIGN KEY (`pack`) REFERENCES `trace_packs`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `trace_word_packs_by_experiment` ON `trace_word_packs` (`experiment`);--> statement-breakpoint
ALTER TABLE `trace_packs` ADD `words` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `trace_packs_without_words` ON `trace_packs` (`id`) WHERE words <> 1;--> statement-breakpoint
CREATE TRIGGER `trace_word_packs_take_lists` AFTER DELETE ON `trace_word_packs` BEGIN
	DELETE FROM `trace_word_lists` WHERE `id` >= old.`pack` * 4096 AND `id` < (old.`pack` + 1) * 4096;
END;
