import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { vscode: new URL("./test/unit/vscode.ts", import.meta.url).pathname } },
  test: { include: ["test/unit/**/*.test.ts", "test/server/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000, pool: "forks" },
});
