// Bundles the extension (Node) and the webview (browser). --watch: again at each change. --host: the in-host tests instead.
import { globSync } from "node:fs";
import * as esbuild from "esbuild";

const production = !process.argv.includes("--dev");
const common = { bundle: true, minify: production, sourcemap: production ? false : "inline", logLevel: "warning" };
const host = {
  ...common,
  minify: false,
  sourcemap: "inline",
  entryPoints: ["test/host/index.ts", ...globSync("test/host/*.host.ts")],
  outdir: "out/host",
  platform: "node",
  format: "cjs",
  target: "node22",
  external: ["vscode", "mocha"],
};
const builds = process.argv.includes("--host") ? [host] : [
  {
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
    define: { navigator: "undefined" }, // zod looks for it, and VS Code warns of extensions that do
  },
  { ...common, entryPoints: ["src/webview/main.ts"], outfile: "dist/transcript.js", platform: "browser", format: "iife", target: "es2022" },
  { ...common, entryPoints: ["src/webview/style.css"], outfile: "dist/transcript.css", loader: { ".css": "css" } },
];
if (process.argv.includes("--watch")) {
  for (const b of builds) await (await esbuild.context(b)).watch();
} else {
  await Promise.all(builds.map((b) => esbuild.build(b)));
}
