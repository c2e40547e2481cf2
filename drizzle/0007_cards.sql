CREATE TABLE `model_cards` (
	`model_version` integer NOT NULL,
	`revision` integer NOT NULL,
	`author` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`card` text NOT NULL,
	`digest` text NOT NULL,
	`imported_from` text,
	PRIMARY KEY(`model_version`, `revision`)
);
--> statement-breakpoint
CREATE TABLE `model_card_templates` (
	`registered_model` integer PRIMARY KEY NOT NULL,
	`card` text NOT NULL,
	`required` text NOT NULL,
	`author` text NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TRIGGER `model_cards_refuse_update` BEFORE UPDATE ON `model_cards`
BEGIN
	SELECT RAISE(ABORT, 'a revision of a model card is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER `model_cards_refuse_delete` BEFORE DELETE ON `model_cards`
BEGIN
	SELECT RAISE(ABORT, 'a revision of a model card is never deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `model_cards_refuse_replace` BEFORE INSERT ON `model_cards`
WHEN EXISTS (SELECT 1 FROM `model_cards` WHERE `model_version` = NEW.`model_version` AND `revision` = NEW.`revision`)
BEGIN
	SELECT RAISE(ABORT, 'a revision of a model card is never replaced');
END;
