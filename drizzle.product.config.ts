import { defineConfig } from "drizzle-kit";

export default defineConfig({
	dialect: "sqlite",
	schema: "./db/product-schema.ts",
	out: "./db/product-migrations",
});
