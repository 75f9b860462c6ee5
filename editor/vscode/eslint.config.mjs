import js from "@eslint/js";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist/", "out/", "node_modules/", "bin/", "test/runtime/", "**/*.mjs", "**/*.mts"] },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./src/webview/tsconfig.json", "./test/host/tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/require-await": "off",
      "max-lines": ["error", { max: 300, skipBlankLines: true }],
    },
  },
  { files: ["src/core/**"], rules: { "no-restricted-imports": ["error", { paths: [{ name: "vscode", message: "The core runs without VS Code." }] }] } },
);
