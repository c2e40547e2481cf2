ALTER TABLE `promotions` ADD `closed_because` text;--> statement-breakpoint
UPDATE `promotions` SET `model` = (SELECT `name` FROM `registered_models` WHERE `id` = `promotions`.`registered_model`)
WHERE `registered_model` IN (SELECT `id` FROM `registered_models`);