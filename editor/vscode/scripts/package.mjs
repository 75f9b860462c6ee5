// Packs .vsix files with the server inside, one a platform: node scripts/package.mjs [--all | --server=PATH | TARGET...]
// Without arguments it is this machine's; with --server, with that binary in it. They land in out/.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { resolve } from "node:path";

const targets = {
  "linux-x64": ["linux", "amd64"],
  "linux-arm64": ["linux", "arm64"],
  "darwin-x64": ["darwin", "amd64"],
  "darwin-arm64": ["darwin", "arm64"],
  "win32-x64": ["windows", "amd64"],
};
const own = `${platform()}-${arch()}`;
const args = process.argv.slice(2);
const server = args.find((a) => a.startsWith("--server="))?.slice("--server=".length);
const wanted = server ? [own] : args.includes("--all") ? Object.keys(targets) : args.length > 0 ? args : [own];

const given = server && resolve(server);
process.chdir(new URL("..", import.meta.url).pathname);
const run = (program, argv, options = {}) => execFileSync(program, argv, { stdio: ["ignore", "ignore", "inherit"], ...options });
const goBuild = (output, GOOS, GOARCH) => {
  const flags = process.env.LDFLAGS ? ["-ldflags", `-s -w ${process.env.LDFLAGS}`] : [];
  const env = { ...process.env, GOOS, GOARCH, CGO_ENABLED: "0" };
  run(process.env.GO ?? "go", ["build", "-trimpath", ...flags, "-o", resolve(output), "./cmd/mcp-server"], { cwd: "../..", env });
};

mkdirSync("out", { recursive: true });
copyFileSync("../../LICENSE", "LICENSE");
run(process.execPath, ["esbuild.mjs"]);
for (const target of wanted) {
  const pair = targets[target];
  if (!pair) throw new Error(`there is no target ${target}; there are ${Object.keys(targets).join(", ")}`);
  const [GOOS, GOARCH] = pair;
  rmSync("bin", { recursive: true, force: true });
  const binary = `bin/mcp-server${GOOS === "windows" ? ".exe" : ""}`;
  if (given) {
    mkdirSync("bin");
    copyFileSync(given, binary);
  } else goBuild(binary, GOOS, GOARCH);
  const file = `out/claude-sessions-${target}.vsix`;
  run(process.execPath, ["node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", "--target", target, "--out", file]);
  console.log(`editor/vscode/${file}`);
}
